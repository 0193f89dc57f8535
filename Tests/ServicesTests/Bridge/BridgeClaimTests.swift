import Foundation
import KafkaTestSupport
import Operations
import Services
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
}
