import Foundation
import KafkaTestSupport
import Operations
import Services
import Settings
import Testing
import Tweets

@Suite("Two bridges of the same connection", .serialized, .ownThread)
struct BridgeTwinTests {
    /// The upstream below sends no Tweet, which must not end a session before it has shown that it goes on.
    private static func streams(_ partitions: String) -> [String: String] {
        ["DECAHOSE_STREAM_PARTITIONS": partitions, "DECAHOSE_STREAM_SILENCE_TIMEOUT": "1h"]
    }

    private func server() -> StreamServer {
        StreamServer { connection in
            connection.sendHead()
            connection.heartbeatUntilClosed()
        }
    }

    /// Runs two bridges until each stream partition has been read for some seconds, then stops what is left.
    ///
    /// - Returns: With what each ended; nil for a bridge that was stopped.
    private func run(
        _ harness: BridgeHarness,
        _ settings: [BridgeSettings],
        takesOver: Bool
    ) async throws -> [ExitError] {
        let bridges = settings.map { settings in
            Task { () -> ExitError? in
                do {
                    try await harness.service(settings, takesOver: takesOver).run()
                    return nil
                } catch let error as ExitError {
                    return error
                }
            }
        }
        try await BlockingThread.run(named: "test-body") {
            // A record a second: by then the other has seen several of them.
            try BridgeHarness.wait("a session that goes on") {
                let open = try harness.ownSessions().filter { $0.closed == nil && $0.sequence > 8 }
                return open.count == (Set(settings.flatMap(\.stream.partitions)).count)
            }
        }
        for bridge in bridges { bridge.cancel() }
        var errors: [ExitError] = []
        for bridge in bridges { if let error = try await bridge.value { errors.append(error) } }
        return errors
    }

    @Test("that start together: one refuses with the other's name, the other reads on", arguments: [false, true])
    func together(takesOver: Bool) async throws {
        let harness = try BridgeHarness()
        let server = server()
        if takesOver {
            // There is something to take over: a session that died without a word.
            try harness.writeEarlierSession(endingAt: WallClock.now() - .seconds(100), closed: nil)
        }
        let settings = try harness.settings(server.baseURL, Self.streams("1"))
        let errors = try await run(harness, [settings, settings], takesOver: takesOver)
        #expect(errors.map(\.code) == [.configuration])
        let text = errors.first?.description ?? ""
        #expect(text.contains("'a'"))
        #expect(text.contains("sample10/1"))
        let closed = try harness.ownSessions().compactMap(\.closed)
        #expect(closed.filter { $0 == .takenOver }.count <= 1)
    }

    @Test("that read different stream partitions are no twins")
    func differentPartitions() async throws {
        let harness = try BridgeHarness()
        let server = server()
        let settings = try ["1", "2"].map {
            try harness.settings(server.baseURL, Self.streams($0))
        }
        let errors = try await run(harness, settings, takesOver: false)
        #expect(errors.isEmpty)
        #expect(Set(try harness.ownSessions().map(\.stream.number)) == [1, 2])
    }

    @Test("of which the first was killed a second ago: the restart is not refused")
    func killed() async throws {
        let harness = try BridgeHarness()
        let server = server()
        try harness.writeEarlierSession(endingAt: WallClock.now() - .seconds(1), closed: nil)
        let settings = try harness.settings(server.baseURL, Self.streams("1"))
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("our own session") { try !harness.ownSessions().isEmpty }
        }
        #expect(try harness.sessions().first?.closed == .died)
        // What it had covered is what backfill is asked from.
        #expect(server.requests.allSatisfy { $0.contains("backfill_minutes=1 ") })
    }
}
