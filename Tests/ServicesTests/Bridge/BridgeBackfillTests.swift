import Foundation
import KafkaTestSupport
import Operations
import Services
import Testing
import Tweets

@Suite("Backfill of a bridge against the truth", .serialized, .ownThread)
struct BridgeBackfillTests {
    @Test(
        "of backfill only what the creation times prove is credited, when it is",
        arguments: ["granted", "ignored", "partial", "thin"]
    )
    func backfill(mode: String) async throws {
        try await SimulatedUpstream.with(rate: 300) { upstream in
            let harness = try BridgeHarness()
            try harness.writeEarlierSession(endingAt: WallClock.now() - .seconds(100))
            if mode != "granted" {
                try upstream.set(#"[{"kind":"backfill","mode":"\#(mode)","seconds":40,"share":0.5}]"#)
            }
            let settings = try harness.settings(upstream.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
            try await harness.run(settings) { harness in
                try BridgeHarness.wait("the decision on backfill that is \(mode)") {
                    let session = try harness.ownSessions().last
                    return session?.backfill.decided == true && session?.covered != nil
                }
            }
            let session = try #require(try harness.ownSessions().first)
            try harness.expectSound([session], upstream)
            #expect(session.backfill.askedMinutes == 2)
            let connected = session.serverDate
            switch mode {
            case "granted":
                // How far back depends on how even the seconds look that a busy machine lets the upstream send; the rule
                // itself is held to the second in the tests of `BackfillCredit`.
                #expect(try #require(session.backfill.creditedFrom) < connected)
            case "partial":
                let from = try #require(session.backfill.creditedFrom)
                #expect(from < connected + .seconds(5))
                #expect(from > connected - .seconds(41))
            default:
                #expect(session.backfill.creditedFrom ?? connected >= connected)
                #expect(try upstream.fired().allSatisfy { $0 > 0 })
            }
        }
    }

    @Test("with backfill switched off none is asked for and none credited")
    func backfillOff() async throws {
        try await SimulatedUpstream.with { upstream in
            let harness = try BridgeHarness()
            try harness.writeEarlierSession(endingAt: WallClock.now() - .seconds(100))
            let settings = try harness.settings(
                upstream.baseURL,
                ["DECAHOSE_STREAM_PARTITIONS": "1", "DECAHOSE_STREAM_BACKFILL": "false"]
            )
            try await harness.run(settings) { harness in
                try BridgeHarness.wait("a claim") { try harness.ownSessions().last?.covered != nil }
            }
            let session = try #require(try harness.ownSessions().first)
            #expect(session.backfill == .init(askedMinutes: 0, creditedFrom: nil, decided: true))
            #expect(session.covered?.from == session.serverDate + .seconds(5))
            try harness.expectSound([session], upstream)
        }
    }
}
