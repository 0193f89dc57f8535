import Foundation
import Kafka
import Testing
import Tweets

@Suite("A bridge as a process: signals, exit codes, kill -9 and memory", .serialized)
struct BridgeProcessTests {
    /// All that a session claims to have delivered, less what it says it lost, is in raw.
    ///
    /// - Returns: How many Tweets that were.
    private func checkClaims(_ stage: BridgeStage) throws -> Int {
        let keys = Set(try stage.rawKeys())
        var count = 0
        for session in try stage.sessions() {
            guard let covered = session.covered else { continue }
            let truth = try stage.truth(covered, partition: session.stream.number)
            count += truth.count
            let missing = truth.subtracting(keys)
            #expect(session.holes.isEmpty)
            #expect(missing.isEmpty, "\(missing.count) of \(truth.count) that \(session.session) claims are not in raw")
        }
        return count
    }

    /// Those that claim more than a second.
    private func claiming(_ sessions: [SessionRecord]) -> [SessionRecord] {
        sessions.filter { ($0.covered?.duration ?? .zero) > .seconds(1) }
    }

    private func acknowledged(_ stage: BridgeStage) throws -> Int64 {
        try stage.sessions().reduce(0) { $0 + $1.counters.acknowledged }
    }

    @Test("SIGTERM drains, publishes the closed sessions and ends with 0")
    func terminate() throws {
        let stage = try BridgeStage(rate: 300)
        let bridge = try stage.bridge()
        try eventually("claims") { try claiming(stage.sessions()).count == 2 }
        // Every answer takes a while, so that there is something to drain.
        try stage.cluster.setRoundTrip(.milliseconds(400))
        Thread.sleep(forTimeInterval: 1)
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output)")
        try stage.cluster.setRoundTrip(.zero)
        let sessions = try stage.sessions()
        #expect(sessions.map(\.closed) == [.shutdown, .shutdown])
        for counters in sessions.map(\.counters) {
            #expect(counters.framed - counters.heartbeats - counters.notices == counters.acknowledged)
        }
        #expect(Int64(try stage.rawKeys().count) == sessions.reduce(0) { $0 + $1.counters.acknowledged })
        #expect(try checkClaims(stage) > 100)
    }

    @Test("with Kafka away SIGTERM ends with 75 at the time-out, saying how many records were unacknowledged")
    func terminateWithoutKafka() throws {
        let stage = try BridgeStage(rate: 300)
        let bridge = try stage.bridge(["DECAHOSE_BRIDGE_DRAIN_TIMEOUT": "2s"])
        try eventually("Tweets") { try acknowledged(stage) >= 100 }
        try stage.cluster.setDown()
        Thread.sleep(forTimeInterval: 1)
        let start = ContinuousClock.now
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 75, "\(bridge.output)")
        #expect(start.duration(to: .now) >= .seconds(1.9))
        let count = bridge.output.firstMatch(of: /Stopped after 2\.0 seconds with ([0-9]+) records unacknowledged/)
        #expect(count.flatMap { Int($0.1) } ?? 0 > 0, "\(bridge.output)")
        try stage.cluster.setUp()
        _ = try checkClaims(stage)
    }

    @Test("a second signal ends it at once")
    func secondSignal() throws {
        let stage = try BridgeStage(rate: 100)
        let bridge = try stage.bridge(["DECAHOSE_BRIDGE_DRAIN_TIMEOUT": "3600s"])
        try eventually("Tweets") { try acknowledged(stage) >= 50 }
        try stage.cluster.setDown()
        Thread.sleep(forTimeInterval: 0.5)
        bridge.send(SIGTERM)
        try eventually("the stop") { bridge.output.contains("The connection is closed") }
        // Sooner it would be taken for the same wish to stop.
        Thread.sleep(forTimeInterval: 0.5)
        bridge.send(SIGINT)
        #expect(try bridge.end(within: 20) == 75)
        #expect(bridge.output.contains("A second signal"))
        try stage.cluster.setUp()
    }

    @Test("without Kafka it keeps trying, and a stop then ends with 0")
    func waitsForKafka() throws {
        let stage = try BridgeStage(rate: 10)
        try stage.cluster.setDown()
        let bridge = try stage.bridge()
        try eventually("its complaint") { bridge.output.contains("Kafka cannot be reached") }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0)
        try stage.cluster.setUp()
    }

    @Test("kill -9 under load: after the restart nothing is lost that any session claims")
    func killed() throws {
        let stage = try BridgeStage(rate: 400)
        let victim = try stage.bridge()
        try eventually("claims of both sessions") { try claiming(stage.sessions()).count == 2 }
        // Every answer takes a while, so that it dies with records on their way.
        try stage.cluster.setRoundTrip(.milliseconds(400))
        Thread.sleep(forTimeInterval: 1)
        victim.send(SIGKILL)
        #expect(try victim.end() == -SIGKILL)
        try stage.cluster.setRoundTrip(.zero)
        let dead = try stage.sessions()
        let successor = try stage.bridge()
        try eventually("claims of both successors") {
            try claiming(stage.sessions()).filter { session in !dead.contains { $0.session == session.session } }.count
                == 2
        }
        successor.send(SIGTERM)
        #expect(try successor.end() == 0, "\(successor.output)")
        let sessions = try stage.sessions()
        #expect(sessions.count == 4)
        // Its claims stay as they were, and it is closed by its successor.
        for session in dead {
            let now = sessions.first { $0.session == session.session }
            #expect(now?.closed == .died)
            #expect(now?.covered == session.covered)
        }
        #expect(try checkClaims(stage) > 500)
    }

    @Test(
        "kill -9 between an acknowledgement and the session record: what was acknowledged since is not claimed, nor lost"
    )
    func killedBetween() throws {
        let stage = try BridgeStage(rate: 400)
        let victim = try stage.bridge()
        try eventually("claims of both sessions") { try claiming(stage.sessions()).count == 2 }
        let told = try acknowledged(stage)
        try eventually("Tweets that no session record counts yet") { try stage.rawCount() > told + 20 }
        victim.send(SIGKILL)
        #expect(try victim.end() == -SIGKILL)
        let dead = try stage.sessions()
        let inRaw = try stage.rawCount()
        #expect(inRaw > dead.reduce(0) { $0 + $1.counters.acknowledged })
        let successor = try stage.bridge()
        try eventually("claims of both successors") {
            try claiming(stage.sessions()).filter { session in !dead.contains { $0.session == session.session } }.count
                == 2
        }
        successor.send(SIGTERM)
        #expect(try successor.end() == 0, "\(successor.output)")
        let sessions = try stage.sessions()
        for session in dead {
            let now = sessions.first { $0.session == session.session }
            #expect(now?.closed == .died)
            #expect(now?.covered == session.covered)
            #expect(now?.counters.acknowledged == session.counters.acknowledged)
        }
        #expect(try checkClaims(stage) > 100)
    }

    @Test("with Kafka away, and after a fatal error with a full buffer, memory stays within the buffer and its cost")
    func memory() throws {
        let buffer = 8 << 20
        let stage = try BridgeStage(rate: 1500)
        let bridge = try stage.bridge(["DECAHOSE_BRIDGE_BUFFER_BYTES": "8MiB"])
        try eventually("Tweets") { try acknowledged(stage) >= 500 }
        let atWork = try bridge.memory("VmHWM")
        try stage.cluster.setDown()
        var before = try bridge.memory("VmRSS")
        // Full once it grows no more.
        try eventually("a full buffer", within: .seconds(120)) {
            Thread.sleep(forTimeInterval: 1)
            let now = try bridge.memory("VmRSS")
            defer { before = now }
            return now - before < 256 << 10 && now - atWork > buffer / 2
        }
        let full = try bridge.memory("VmHWM")
        let sequenceError = KafkaErrorCode.outOfOrderSequenceNumber
        stage.cluster.failNextRequests(.produce, with: [sequenceError, sequenceError, sequenceError])
        try stage.cluster.setUp()
        let counted = try acknowledged(stage)
        try eventually("its return") { try acknowledged(stage) > counted + 1500 }
        #expect(bridge.output.contains("failed for good"))
        let after = try bridge.memory("VmHWM")
        // A fifth for librdkafka's structures, keys and headers; the rest for requests on their way and freed pages.
        let figures = "MiB at work, with a full buffer, after a fatal error: \([atWork, full, after].map { $0 >> 20 })"
        #expect(full - atWork < buffer + buffer / 5 + (6 << 20), "\(figures)")
        #expect(after - atWork < buffer + buffer / 5 + (22 << 20), "\(figures)")
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0)
        _ = try checkClaims(stage)
    }
}
