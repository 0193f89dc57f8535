import CoverageModel
import Dispatch
import Glibc
import Synchronization

/// Plays many days of the coverage model on all cores and says what came of it.
///
/// `coverage-run [days] [seed] [quiet|flaws]`; exits 1 where a Tweet was lost without a word, or where a rule with a
/// flaw lost none.
@main
enum CoverageRun {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let days = arguments.first.flatMap { Int($0) } ?? 2000
        let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? UInt64.random(in: 0..<UInt64(UInt32.max))
        let model = CoverageModel(isQuiet: arguments.contains("quiet"))
        print("coverage model: \(days) \(model.isQuiet ? "quiet" : "bad") days from seed \(seed)")
        let isGood = arguments.contains("flaws") ? flaws(model, days, seed) : product(model, days, seed)
        exit(isGood ? 0 : 1)
    }

    private static func product(_ model: CoverageModel, _ days: Int, _ seed: UInt64) -> Bool {
        let start = ContinuousClock.now
        let outcome = play(days, seed) { model.day(seed: $0) }
        print("\(outcome.report), in \(ContinuousClock.now - start)")
        for day in outcome.badDays.prefix(5) {
            print("the day of seed \(day):")
            for line in model.story(seed: day).prefix(5) { print("  \(line)") }
        }
        return outcome.lostInsideClaims == 0
    }

    /// The same days by rules that are wrong, each in one way: all must lose Tweets.
    private static func flaws(_ model: CoverageModel, _ days: Int, _ seed: UInt64) -> Bool {
        var isEachFound = true
        for flaw in Flaw.allCases {
            let outcome = play(days, seed) { model.day(seed: $0, flaw: flaw) }
            print(
                "\(flaw): \(outcome.lostInsideClaims) of \(outcome.undelivered) undelivered Tweets in no gap, "
                    + (outcome.badDays.first.map { "first on the day of seed \($0)" } ?? "not found")
            )
            isEachFound = isEachFound && outcome.lostInsideClaims > 0
        }
        for day in 0..<days {
            for line in model.disagreements(seed: seed &+ UInt64(day)) { print(line) }
        }
        return isEachFound
    }

    private static func play(
        _ days: Int,
        _ seed: UInt64,
        _ day: @Sendable (UInt64) -> CoverageModel.Outcome
    ) -> CoverageModel.Outcome {
        let total = Mutex(CoverageModel.Outcome())
        DispatchQueue.concurrentPerform(iterations: days) { number in
            let outcome = day(seed &+ UInt64(number))
            total.withLock { $0.add(outcome) }
        }
        return total.withLock(\.self)
    }
}
