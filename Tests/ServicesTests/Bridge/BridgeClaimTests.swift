import Foundation
import Kafka
import KafkaTestSupport
import Operations
import Services
import Synchronization
import Testing
import Tweets
import World

/// What a bridge claims over real sockets, against what exists; the slack is 2 s instead of 2 min.
///
/// Ground truth is the world's own list of Tweets, and what can be read back from raw.
@Suite("Claims of a bridge against the truth", .serialized, .ownThread)
struct BridgeClaimTests {
    struct Scenario: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// JSON, set before the bridge connects.
        var faults: String
        /// What the first session's end must be; nil where it lives until shutdown.
        var end: SessionRecord.CloseReason?
        /// How often each fault must have struck at least.
        var fired: Int
        /// How long the claims must grow before the bridge is stopped.
        var claims: Duration = .seconds(2)
    }

    static let scenarios = [
        Scenario(
            testDescription: "the stream falls far behind and is cut",
            faults: #"[{"kind":"lag","after":8,"seconds":60,"ramp":120},{"kind":"drop","after":16}]"#,
            end: .tcp,
            fired: 1
        ),
        Scenario(
            testDescription: "the first connection is cut in the middle of its backfill",
            faults: #"[{"kind":"backfill","mode":"cut","share":0.3,"count":1}]"#,
            end: .tcp,
            fired: 1
        ),
        Scenario(
            testDescription: "a full buffer without a word",
            faults: #"[{"kind":"full-buffer","after":11,"with_message":false}]"#,
            end: .tcp,
            fired: 1
        ),
        Scenario(
            testDescription: "heartbeats without Tweets, and then a cut",
            faults: #"[{"kind":"silence","after":10,"duration":5},{"kind":"drop","after":15}]"#,
            end: .tcp,
            fired: 1
        ),
        Scenario(
            testDescription: "gzip that ends in the middle of a Tweet",
            faults: #"[{"kind":"truncated-gzip","after":11}]"#,
            end: .tcp,
            fired: 1
        ),
    ]

    @Test("no moment is claimed whose Tweets are not in Kafka, when", arguments: scenarios)
    func claims(scenario: Scenario) async throws {
        try await SimulatedUpstream.with { upstream in
            let harness = try BridgeHarness()
            try harness.writeEarlierSession(endingAt: WallClock.now() - .seconds(230))
            try upstream.set(scenario.faults)
            let settings = try harness.settings(upstream.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
            try await harness.run(settings) { harness in
                try BridgeHarness.wait("a claim after \(scenario.testDescription)") {
                    let sessions = try harness.ownSessions()
                    if let end = scenario.end, sessions.first?.closed == nil || sessions.first?.closed == end {
                        guard sessions.first?.closed == end, sessions.count > 1 else { return false }
                    }
                    return sessions.last?.covered.map { $0.duration >= scenario.claims } ?? false
                }
            }
            let sessions = try harness.ownSessions()
            try harness.expectSound(sessions, upstream)
            if let end = scenario.end { #expect(sessions.first?.closed == end) }
            #expect(try upstream.fired().allSatisfy { $0 >= scenario.fired })
        }
    }

    @Test("while Kafka takes nothing the claim stands still though reading goes on, and catches up afterwards")
    func stuckProducer() async throws {
        try await SimulatedUpstream.with { upstream in
            let harness = try BridgeHarness()
            let settings = try harness.settings(upstream.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
            try await harness.run(settings) { harness in
                try BridgeHarness.wait("a claim") { try harness.ownSessions().last?.covered != nil }
                try harness.cluster.setDown()
                usleep(1_000_000)
                let stuck = harness.shownClaim
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
