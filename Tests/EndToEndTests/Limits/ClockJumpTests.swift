import Foundation
import Glibc
import KafkaTestSupport
import Testing
import Tweets

@Suite("A bridge whose wall clock jumps", .serialized)
struct ClockJumpTests {
    @Test(
        "goes on claiming what it delivers, and claims no time that has not come",
        .enabled(if: WrongClock.isPossible, "needs a C compiler")
    )
    func jumps() throws {
        let clock = try WrongClock()
        let stage = try BridgeStage(rate: 200)
        let bridge = try stage.bridge(clock.environment)
        for jump in [0, 3600, -7200, 86400] {
            try clock.set(jump)
            let jumpedAt = Self.now()
            try eventually("claims \(jump) s off the true time; the bridge said:\n\(bridge.output)") {
                try stage.sessions().filter { ($0.covered?.to ?? jumpedAt) > jumpedAt + .seconds(3) }.count >= 2
            }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(3000))")
        let keys = Set(try stage.rawKeys())
        let sessions = try stage.sessions()
        for session in sessions {
            guard let covered = session.covered else { continue }
            #expect(covered.to <= Self.now(), "\(session.session) claims what has not come")
            let truth = try stage.truth(covered, partition: session.stream.number)
            #expect(truth.isSubset(of: keys), "\(truth.subtracting(keys).count) of \(session.session) are not in raw")
            #expect(truth.count > 100)
        }
        // Time that jumps breaks no connection.
        #expect(sessions.count == 2, "\(bridge.output)")
    }

    @Test(
        "and dedup's jumps the other way: nothing is missing, nothing comes twice, nothing is late",
        .enabled(if: WrongClock.isPossible, "needs a C compiler"),
        .enabled(if: MortalBroker.isAvailable, "\(RealBroker.skipReason)")
    )
    func jumpsOfBoth() throws {
        let (ofBridge, ofDedup) = (try WrongClock(), try WrongClock())
        let broker = try MortalBroker()
        let stage = try BridgeStage(rate: 200, brokers: broker.bootstrapServers)
        let bridge = try stage.bridge(ofBridge.environment)
        let dedup = try stage.dedup(ofDedup.environment)
        var copies: [String: Int] = [:]
        for jump in [0, 3600, -7200, 86400, 0] {
            try ofBridge.set(jump)
            try ofDedup.set(-jump)
            let jumpedAt = Self.now()
            try eventually("Tweets of \(jump) s off the true time; dedup said:\n\(dedup.output)", within: .seconds(120))
            {
                copies = try stage.copies()
                let times = copies.keys.compactMap { UInt64($0).flatMap { TweetID($0)?.createdAt } }
                return times.count { $0 > jumpedAt + .seconds(2) } >= 200
            }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(3000))")
        let keys = Set(try stage.rawKeys())
        try eventually("all of raw; dedup said:\n\(dedup.output)") {
            copies = try stage.copies()
            return keys.isSubset(of: copies.keys)
        }
        dedup.send(SIGTERM)
        #expect(try dedup.end() == 0, "\(dedup.output.suffix(3000))")
        copies = try stage.copies()
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
        #expect(try stage.copies(in: stage.topics.late).isEmpty)
        for session in try stage.sessions() {
            guard let covered = session.covered else { continue }
            #expect(covered.to <= Self.now(), "\(session.session) claims what has not come")
            #expect(try stage.truth(covered, partition: session.stream.number).isSubset(of: copies.keys))
        }
    }

    private static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
