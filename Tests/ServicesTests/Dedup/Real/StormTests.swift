import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// Three instances under load, of which one dies, stands still, stops or comes back all the time.
@Suite(
    "Exactly once on a real broker, while instances come and go",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct StormTests {
    private static let names = ["one", "two", "three"]
    /// As long as the load goes on.
    private static let rounds = 14

    @Test("deaths, stalls beyond the session, orderly stops and returns: nothing is missing, twice or risen")
    func storm() async throws {
        let rig = try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName("storm"))
        let seed = Seed.fresh
        var generator = SeededGenerator(seed: seed)
        var traffic = try KnownTraffic(seed: seed, tweets: 4000, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let feed = Feed(traffic, rig)
        let watch = AccountsWatch()
        func start(_ name: String) throws -> DedupProcess {
            let process = try DedupProcess(name, rig)
            watch.follow(process)
            return process
        }
        var living = try Self.names.map { try start($0) }
        feed.start(from: 100, chunk: 16, pause: .milliseconds(60))
        var deeds: [String: Int] = [:]
        for _ in 0..<Self.rounds {
            // The load goes on meanwhile; how far it comes is no matter.
            try await Task.sleep(for: .milliseconds(Int64.random(in: 500...3000, using: &generator)))
            let index = living.indices.randomElement(using: &generator) ?? 0
            let victim = living[index]
            let deed = ["kill", "stall", "stop"].randomElement(using: &generator) ?? "kill"
            deeds[deed, default: 0] += 1
            switch deed {
            case "kill":
                victim.signal(9)
                _ = try await victim.end()
                living[index] = try start(victim.instance)
            case "stop":
                try await victim.expectCleanStop("seed \(seed)")
                living[index] = try start(victim.instance)
            default:
                victim.signal(19)
                try await Task.sleep(for: .milliseconds(Int64.random(in: 100...13_000, using: &generator)))
                victim.signal(18)
            }
        }
        try await feed.end()
        do {
            try await rig.awaitKeys(ends, "seed \(seed)")
        } catch {
            for process in living { print(process.instance, process.log.suffix(4000)) }
            throw error
        }
        let accounts = watch.end()
        #expect(accounts.violations.isEmpty, "seed \(seed): \(accounts.violations)")
        for process in living { try await process.expectCleanStop("seed \(seed)") }
        print("storm: seed \(seed), \(deeds), \(accounts.looks) looks at the accounts")
        #expect(accounts.looks > 100, "seed \(seed)")
        try rig.expect(traffic, "seed \(seed)")
    }
}
