import Glibc
import Kafka
import KafkaTestSupport
import Testing
import Tweets

@Suite("A role that may have little memory", .serialized)
struct MemoryLimitTests {
    /// The backtracer of one that dies would look for its symbols for minutes on a busy machine.
    private static let withoutBacktrace = ["SWIFT_BACKTRACE": "enable=no"]

    /// Those that claim more than a second.
    private func claiming(_ stage: BridgeStage) throws -> [SessionRecord] {
        try stage.sessions().filter { ($0.covered?.duration ?? .zero) > .seconds(1) }
    }

    @Test("a bridge dies of it while Kafka is away, and nothing is lost that it has claimed")
    func dies() throws {
        let stage = try BridgeStage(rate: 500)
        // As much as it has at work and a little more, far from the buffer that its configuration allows.
        let victim = try stage.bridge(Self.withoutBacktrace.merging(["DECAHOSE_BRIDGE_BUFFER_BYTES": "1GiB"]) { $1 })
        try eventually("claims; the bridge said:\n\(victim.output)", within: .seconds(180)) {
            try claiming(stage).count >= 2
        }
        let limit = try victim.memory("VmSize") + 24 << 20
        try stage.cluster.setDown()
        try SystemCommand.run(["prlimit", "--pid", "\(victim.identifier)", "--as=\(limit)"])
        let code = try victim.end(within: 120)
        #expect(code != 0 && code != 75, "\(victim.output.suffix(2000))")
        try stage.cluster.setUp()
        let dead = try stage.sessions()
        let successor = try stage.bridge()
        let known = Set(dead.map(\.session))
        try eventually("claims of both successors; they said:\n\(successor.output)", within: .seconds(180)) {
            try claiming(stage).filter { !known.contains($0.session) }.count >= 2
        }
        successor.send(SIGTERM)
        #expect(try successor.end() == 0, "\(successor.output.suffix(2000))")
        let keys = Set(try stage.rawKeys())
        var claimed = 0
        for session in try stage.sessions() {
            guard let covered = session.covered else { continue }
            let truth = try stage.truth(covered, partition: session.stream.number)
            claimed += truth.count
            #expect(truth.isSubset(of: keys), "\(truth.subtracting(keys).count) of \(session.session) are not in raw")
        }
        #expect(claimed > 100)
        for session in dead {
            let now = try stage.sessions().first { $0.session == session.session }
            #expect(now?.closed == .died)
        }
    }

    @Test(
        "dedup dies of what waited for it, and its successor goes on: nothing is missing, nothing comes twice",
        .enabled(if: MortalBroker.isAvailable, "\(RealBroker.skipReason)")
    )
    func dedupDies() throws {
        let broker = try MortalBroker()
        let stage = try BridgeStage(rate: 500, brokers: broker.bootstrapServers)
        let bridge = try stage.bridge()
        let victim = try stage.dedup(Self.withoutBacktrace)
        try eventually("Tweets; dedup said:\n\(victim.output)", within: .seconds(120)) {
            try stage.copies().count > 500
        }
        // What it has it keeps, and a fetch of all that came meanwhile is more than that.
        victim.send(SIGSTOP)
        let limit = try victim.memory("VmSize")
        try SystemCommand.run(["prlimit", "--pid", "\(victim.identifier)", "--as=\(limit)"])
        let count = try stage.rawCount()
        try eventually("much to read") { try stage.rawCount() > count + 5000 }
        victim.send(SIGCONT)
        let code = try victim.end(within: 120)
        #expect(code != 0 && code != 75, "\(victim.output.suffix(2000))")
        let successor = try stage.dedup()
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(2000))")
        let keys = Set(try stage.rawKeys())
        #expect(keys.count > 5000)
        var copies: [String: Int] = [:]
        try eventually("all of raw; the successor said:\n\(successor.output)", within: .seconds(120)) {
            copies = try stage.copies()
            return keys.isSubset(of: copies.keys)
        }
        successor.send(SIGTERM)
        #expect(try successor.end() == 0, "\(successor.output.suffix(2000))")
        copies = try stage.copies()
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
    }
}
