import Foundation
import Kafka
import KafkaTestSupport
import Operations
import Services
import Synchronization
import Testing
import Tweets

@Suite("Claims of a bridge without Kafka, with wrong clocks and without one", .serialized, .ownThread)
struct BridgeClaimLimitTests {
    @Test("while Kafka takes nothing the claim stands still though reading goes on, and catches up afterwards")
    func stuckProducer() async throws {
        try await SimulatedUpstream.with { upstream in
            let harness = try BridgeHarness()
            let settings = try harness.settings(upstream.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
            try await harness.run(settings) { harness in
                try BridgeHarness.wait("a claim") { try harness.ownSessions().last?.covered != nil }
                try harness.cluster.setDown()
                // What was acknowledged before may still be counted: it stands still once it has done so for some seconds.
                var stuck = ""
                try BridgeHarness.wait("the claim to stand still") {
                    stuck = harness.shownClaim
                    usleep(3_000_000)
                    return harness.shownClaim == stuck
                }
                let framed = harness.shown("framed")
                try BridgeHarness.wait("reading without Kafka") { harness.shown("framed") >= framed + 100 }
                #expect(harness.shownClaim == stuck)
                try harness.cluster.setUp()
                try BridgeHarness.wait("the claim to go on") {
                    try harness.ownSessions().last?.covered?.duration ?? .zero > .seconds(8)
                }
            }
            try harness.expectSound(try harness.ownSessions(), upstream)
        }
    }

    @Test("a local clock that is minutes off changes no claim", arguments: [-120, 120])
    func localClock(secondsOff: Int) async throws {
        let sent = Mutex<[UInt64]>([])
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            func now() -> Instant { WallClock.now() + .seconds(secondsOff) }
            connection.sendHead(date: now())
            let ending = now() + .seconds(13)
            var number = 0
            while now() < ending {
                let ids = (0..<5).map { TestTweets.id(now(), number + $0) }
                number += 5
                sent.withLock { $0 += ids }
                connection.send(lines: ids.map(TestTweets.line))
                usleep(50_000)
            }
            connection.sendEnd()
        }
        let settings = try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("the first session's end") {
                try harness.ownSessions().contains { $0.closed == .upstreamEOF && $0.covered != nil }
            }
        }
        let session = try #require(try harness.ownSessions().first)
        let claim = try #require(session.covered)
        // At the earliest the connect itself: credit may bring the left end there.
        #expect(claim.from <= session.serverDate + .seconds(5))
        #expect(claim.from >= session.serverDate)
        let off = (session.serverDate - session.localDate).milliseconds
        #expect(abs(off - Int64(secondsOff) * 1000) < 3000)
        let keys = Set(try harness.read(harness.topics.raw).compactMap(\.key))
        let mine = sent.withLock(\.self).filter { TweetID($0)?.createdAt.map(claim.contains) ?? false }
        #expect(mine.count > 50)
        #expect(mine.allSatisfy { keys.contains(String($0)) })
    }

    @Test("an answer without Date is read and claims nothing")
    func withoutDate() async throws {
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            connection.sendHead(date: nil)
            for number in 0..<100 {
                connection.send(lines: [TestTweets.line(TestTweets.id(WallClock.now(), number))])
                usleep(100_000)
            }
            connection.heartbeatUntilClosed()
        }
        let settings = try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("the Tweets") { try harness.ownSessions().last?.counters.acknowledged == 100 }
        }
        #expect(try harness.ownSessions().allSatisfy { $0.covered == nil && $0.backfill.creditedFrom == nil })
    }
}
