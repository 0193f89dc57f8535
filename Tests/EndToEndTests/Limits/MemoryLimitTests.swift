import Glibc
import Kafka
import Testing
import Tweets

@Suite("A bridge that may have little memory", .serialized)
struct MemoryLimitTests {
    /// Those that claim more than a second.
    private func claiming(_ stage: BridgeStage) throws -> [SessionRecord] {
        try stage.sessions().filter { ($0.covered?.duration ?? .zero) > .seconds(1) }
    }

    @Test("dies of it while Kafka is away, and nothing is lost that it has claimed")
    func dies() throws {
        let stage = try BridgeStage(rate: 500)
        // As much as it has at work and a little more, far from the buffer that its configuration allows.
        let victim = try stage.bridge(["DECAHOSE_BRIDGE_BUFFER_BYTES": "1GiB"])
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
}
