import Foundation
import Operations
import Settings
import Synchronization
import Testing
import Tweets

@testable import Services

@Suite("What a bridge's connection does when the upstream will not have it", .serialized)
struct BridgeConnectionTests {
    /// `/status`, as far as these tests look at it.
    private struct Status: Decodable {
        struct Stream: Decodable {
            struct Waiting: Decodable {
                var reason: String
                var backoff: String
                var attempt: Int
                var nextAttemptSeconds: Double
            }
            struct Failure: Decodable {
                var reason: String
                var text: String
                var at: String
            }
            var state: String
            var waiting: Waiting?
            var lastError: Failure?
            var tweetsPerSecond: Double
            var wireBytesPerSecond: Double
        }
        var host: String
        var bufferedBytes: Int
        var bufferBytesLimit: Int
        var streams: [Stream]
    }

    private static func status(_ harness: BridgeHarness) throws -> Status? {
        let text = harness.status
        return text.isEmpty ? nil : try JSONDecoder().decode(Status.self, from: Data(text.utf8))
    }

    /// Waits until the stream partition's last failure is of a kind.
    private static func waitForFailure(_ reason: String, _ harness: BridgeHarness) throws -> Status.Stream {
        var found: Status.Stream?
        try BridgeHarness.wait("'\(reason)' in \(harness.status)\n\(harness.log.text)") {
            found = try status(harness)?.streams.first { $0.lastError?.reason == reason && $0.state == "waiting" }
            return found != nil
        }
        guard let found else { throw Timeout(what: reason) }
        return found
    }

    private static func heartbeats(_ connection: StreamServer.Connection) {
        connection.sendHead()
        connection.heartbeatUntilClosed()
    }

    @Test("a token's file that is missing, then wrong, then right is read again each time, and never shown")
    func credentials() async throws {
        let harness = try BridgeHarness()
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let refusals = Mutex(0)
        let server = StreamServer { connection in
            guard !connection.head.contains("Authorization: Bearer right-token-0815") else {
                Self.heartbeats(connection)
                return
            }
            refusals.withLock { $0 += 1 }
            // A server that repeats what it was given.
            let body = "not allowed: \(connection.head)"
            connection.send(
                "HTTP/1.1 401 Unauthorized\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
            )
        }
        var settings = try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
        settings.stream.credentials = .bearer(.file(file.path))
        try await harness.run(settings) { harness in
            let missing = try Self.waitForFailure("setup", harness)
            #expect(missing.lastError?.text.contains("'\(file.path)': the file is missing") == true)
            #expect(missing.waiting?.backoff == "network")
            try " \n".write(to: file, atomically: true, encoding: .utf8)
            try BridgeHarness.wait("the empty file to be noticed") {
                try Self.status(harness)?.streams.first?.lastError?.text.contains("the file is empty") == true
            }
            try "wrong-token-4711\n".write(to: file, atomically: true, encoding: .utf8)
            let wrong = try Self.waitForFailure("http-401", harness)
            #expect(wrong.waiting?.backoff == "http")
            #expect(wrong.lastError?.text.contains("stream.bearer_token_file ('\(file.path)'") == true)
            #expect(wrong.lastError?.text.contains("Bearer redacted") == true)
            try "right-token-0815\n".write(to: file, atomically: true, encoding: .utf8)
            try BridgeHarness.wait("the session with the right token") { try !harness.sessions().isEmpty }
        }
        #expect(refusals.withLock(\.self) >= 1)
        let shown = harness.log.text + harness.status + harness.board.problems.joined()
        for secret in ["wrong-token", "right-token"] { #expect(!shown.contains(secret), "\(secret)") }
        let told = harness.log.all.filter { $0.contains("The upstream refuses our credentials.") }
        #expect(told.first?.contains(" error ") == true)
        #expect(told.first?.contains("Please check stream.bearer_token_file") == true)
        #expect(told.first?.contains("reconnect in 5 s, attempt 1") == true)
    }

    @Test("a page for people with status 200 opens no session and sends nothing to Kafka")
    func page() async throws {
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 23\r\nConnection: close\r\n\r\n"
                    + "<html>\r\n<p>hi\r\n</html>\n"
            )
        }
        try await harness.run(try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])) { harness in
            let stream = try Self.waitForFailure("http-200", harness)
            #expect(stream.waiting?.backoff == "http")
            #expect(stream.waiting?.attempt == 1)
            #expect((stream.waiting?.nextAttemptSeconds ?? 99) <= 5)
            #expect(stream.lastError.flatMap { Instant($0.at) } != nil)
            #expect(harness.board.problems.contains { $0.contains("a page for people instead of a stream") })
        }
        #expect(try harness.sessions().isEmpty)
        #expect(try harness.read(harness.topics.deadletter).isEmpty)
    }

    @Test("a proxy that refuses us is named with its setting, and its credentials are shown nowhere")
    func proxy() async throws {
        let harness = try BridgeHarness()
        let heads = Mutex<[String]>([])
        let proxy = StreamServer { connection in
            heads.withLock { $0.append(connection.head) }
            let body = "you said \(connection.head), that is robot:swordfish"
            connection.send(
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
            )
        }
        let settings = try harness.settings(
            "http://upstream.invalid",
            [
                "DECAHOSE_STREAM_PARTITIONS": "1",
                "DECAHOSE_STREAM_PROXY": "http://robot:swordfish@127.0.0.1:\(proxy.port)",
            ]
        )
        try await harness.run(settings) { harness in
            let stream = try Self.waitForFailure("http-407", harness)
            #expect(stream.lastError?.text.contains("check stream.proxy") == true)
        }
        let credentials = Data("robot:swordfish".utf8).base64EncodedString()
        #expect(heads.withLock(\.self).contains { $0.contains("Proxy-Authorization: Basic \(credentials)") })
        let shown = harness.log.text + harness.status + harness.board.problems.joined() + "\(settings)"
        for secret in ["swordfish", credentials, "secret-of-the-test"] { #expect(!shown.contains(secret), "\(secret)") }
    }

    @Test("an answer without a Date claims nothing, delivers everything, and says so")
    func noDate() async throws {
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            connection.sendHead(date: nil)
            // Far enough behind its own newest Tweets to be claimed, were there a Date.
            let now = WallClock.now()
            for second in 0..<20 {
                connection.send(lines: [TestTweets.line(TestTweets.id(now + .seconds(Int64(second) - 5), second))])
            }
            connection.heartbeatUntilClosed()
        }
        try await harness.run(try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])) { harness in
            try BridgeHarness.wait("all records") {
                try harness.sessions().contains { $0.counters.acknowledged == 20 }
            }
        }
        #expect(try harness.read(harness.topics.raw).count == 20)
        let session = try #require(try harness.sessions().first)
        #expect(session.covered == nil)
        #expect(session.backfill.decided)
        #expect(harness.log.all.contains { $0.contains(" error ") && $0.contains("has no Date") })
    }

    @Test("a quiet life logs a handful of lines, and /status shows rates and the buffer")
    func quiet() async throws {
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            connection.sendHead()
            for number in 0..<50 {
                connection.send(lines: [TestTweets.line(TestTweets.id(WallClock.now(), number))])
                usleep(50_000)
            }
            connection.heartbeatUntilClosed()
        }
        try await harness.run(try harness.settings(server.baseURL)) { harness in
            try BridgeHarness.wait("rates of both stream partitions") {
                try Self.status(harness)?.streams.filter { $0.tweetsPerSecond > 0 && $0.wireBytesPerSecond > 0 }.count
                    == 2
            }
            let status = try #require(try Self.status(harness))
            #expect(status.bufferBytesLimit == 256 << 20)
            #expect(status.host.split(separator: ":").count == 3)
        }
        let lines = harness.log.all.filter { !$0.contains(" debug ") }
        // Two connections that open and close, and the end of the bridge.
        #expect(lines.count <= 6, "\(lines.joined())")
        #expect(lines.allSatisfy { $0.contains(" info ") })
    }

    @Test("a predecessor on the same host with the same process number is watched and closed like any other")
    func sameHostAndProcess() async throws {
        let harness = try BridgeHarness()
        let host = ProcessName.make()
        let other = ProcessName.make()
        let names = [host, other].map { $0.split(separator: ":").prefix(2).joined(separator: ":") }
        #expect(names[0] == names[1])
        #expect(host != other)
        var earlier = SessionRecord(
            connection: "a",
            stream: StreamPartition(product: .sample10, number: 1),
            session: "20200101T000000.000Z-00000000",
            host: host,
            serverDate: WallClock.now() - .seconds(60),
            localDate: WallClock.now() - .seconds(60),
            backfill: .init(askedMinutes: 0)
        )
        earlier.sequence = 7
        try harness.write(earlier.key, earlier)
        let server = StreamServer(Self.heartbeats)
        try await harness.run(try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])) { harness in
            try BridgeHarness.wait("our own session") { try harness.sessions().count == 2 }
        }
        let sessions = try harness.sessions()
        #expect(sessions.map(\.closed) == [.died, .shutdown])
        #expect(sessions.last?.host.hasPrefix("\(names[0]):") == true)
        #expect(sessions.first?.closedDetail?.hasPrefix("no record of it for 3 s") == true)
    }
}
