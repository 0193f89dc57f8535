public import ArgumentParser
import Operations
import Settings
public import Tweets
import World

/// What the simulated world is like.
struct SimulatedWorldOptions: ParsableArguments {
    @Option(help: "The source of everything drawn; the same seed and start make the same Tweets.")
    var seed: UInt64 = 1

    @Option(help: "sample10 (2 stream partitions) or firehose (20).")
    var product = StreamProduct.sample10

    @Option(help: "When the world begins, ISO 8601; nothing is older. (default: now)")
    var start: String?

    @Option(help: "Tweets a second over all stream partitions, on average; 0 leaves only heartbeats.")
    var rate = 100.0

    @Option(help: "Bursts, as every/lasts/factor: 60/5/8 is eight times the rate for the last 5 s of each minute.")
    var burst: String?

    @Option(help: "Multiplies delivery latency; at 1 its 99th percentile is 6 s and its tail ends at 110 s.")
    var latencyScale = 1.0

    @Option(help: "The share of copies that one connection gets twice, 0 to 1.")
    var duplicates = 0.001

    @Option(help: "The share of Tweets that are deleted, 0 to 1.")
    var deletes = 0.02

    @Option(
        help: "The mean time from a Tweet to its delete; the longest is five times as much. (default: 60s)",
        transform: OptionValue.duration
    )
    var deleteDelay = Duration.seconds(60)

    @Option(help: "The share of Tweets that are new versions of older ones, 0 to 1.")
    var edits = 0.005

    func options() throws -> WorldOptions {
        var options = WorldOptions()
        options.seed = seed
        options.product = product
        options.start = try startInstant()
        options.rate = rate
        options.burst = try burst.map(Self.burst)
        options.latencyScale = latencyScale
        options.duplicateShare = duplicates
        options.deleteShare = deletes
        options.deleteDelay = deleteDelay
        options.editShare = edits
        return options
    }

    func validate() throws {
        guard (0...10_000_000).contains(rate) else { throw ValidationError("--rate must be 0 to 10000000") }
        guard latencyScale >= 0 else { throw ValidationError("--latency-scale must be 0 or more") }
        guard product != .compliance else {
            throw ValidationError("--product is sample10 or firehose; compliance is served beside either")
        }
        for (name, share) in [("duplicates", duplicates), ("deletes", deletes), ("edits", edits)] {
            guard (0...1).contains(share) else { throw ValidationError("--\(name) must be 0 to 1") }
        }
    }

    private func startInstant() throws -> Instant {
        guard let start else { return WallClock.now() }
        guard let instant = Instant(start) else {
            throw ValidationError("--start must be ISO 8601, such as \(WallClock.now()), not '\(start)'")
        }
        return instant
    }

    private static func burst(_ text: String) throws -> WorldOptions.Burst {
        let parts = text.split(separator: "/")
        guard parts.count == 3, let every = Int64(parts[0]), every >= 1, let lasts = Int64(parts[1]),
            let factor = Double(parts[2]), factor >= 0
        else { throw ValidationError("--burst must be every/lasts/factor, such as 60/5/8, not '\(text)'") }
        return WorldOptions.Burst(everySeconds: every, lastsSeconds: lasts, factor: factor)
    }
}

extension StreamProduct: ExpressibleByArgument {}
extension StreamDialect: ExpressibleByArgument {}
