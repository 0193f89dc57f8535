import Foundation
import Glibc
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

    private static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
