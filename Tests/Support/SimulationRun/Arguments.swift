import Glibc
import Simulation

/// The command line's `name=value` words.
struct Arguments {
    /// Plays this one, with its story.
    var seed: UInt64?
    /// The first of many; by the time of day where it is not given, so that every run tries what none has tried.
    var from: UInt64
    var seeds: UInt64 = 20
    /// How many of the last events are told of one.
    var story = 120
    /// Plays for so long.
    var hours: Double?
    /// Plays this one twice besides, which must be the same.
    var twice: UInt64?
    /// Plays so many quiet days instead.
    var quiet: UInt64?
    /// Plays no more once one has failed.
    var stopsAtFirst = false
    /// Only these kinds of faults; all where it is empty.
    var only: [FaultKind] = []
    var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    init(_ words: some Sequence<String>) {
        from = UInt64(time(nil))
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { Self.refuse(word) }
            switch parts[0] {
            case "seed": seed = UInt64(parts[1])
            case "from": from = UInt64(parts[1]) ?? from
            case "seeds": seeds = UInt64(parts[1]) ?? seeds
            case "story": story = Int(parts[1]) ?? story
            case "hours": hours = Double(parts[1])
            case "twice": twice = UInt64(parts[1])
            case "quiet": quiet = UInt64(parts[1])
            case "first": stopsAtFirst = parts[1] == "1"
            case "only": only = parts[1].split(separator: ",").compactMap { FaultKind(rawValue: String($0)) }
            case "jobs": jobs = Int(parts[1]) ?? jobs
            default: Self.refuse(word)
            }
        }
    }

    private static func refuse(_ word: String) -> Never {
        print(
            "'\(word)' is not known: seed=N story=LINES, or from=N seeds=N hours=N jobs=N twice=N quiet=N first=1 only=kind,kind"
        )
        exit(64)
    }
}
