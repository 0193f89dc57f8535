import Glibc
import Logging
import Operations
import StatusServer
import StreamClient
import Synchronization
import Testing

@Suite("The status server over loopback")
struct StatusServerTests {
    /// Serves a board while `body` asks it, and stops.
    private func serve(
        _ board: StatusBoard,
        token: String? = nil,
        limits: StatusServer.Limits = .init(),
        _ body: @escaping @Sendable (_ url: String) throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let metrics = MetricsRegistry()
        metrics.counter("decahose_test_total", "A test's counter.").add(7)
        let server = StatusServer(
            host: "127.0.0.1",
            port: 0,
            board: board,
            metrics: metrics,
            token: token.map { token in { @Sendable in token } },
            limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { port.yield($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                for await number in ports {
                    let url = "http://127.0.0.1:\(number)"
                    return try await BlockingThread.run(named: "ask") { try body(url) }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    @Test("health, readiness with reasons, metrics and documents are answered; the rest is said not to be there")
    func documents() async throws {
        let board = StatusBoard()
        board.show("/status") { Array(#"{"role":"test"}"#.utf8) }
        try await serve(board) { url in
            #expect(try WebRequest(url: url + "/healthz").send().status == 200)
            let starting = try WebRequest(url: url + "/readyz").send()
            #expect(starting.status == 503)
            #expect(String(decoding: starting.body, as: UTF8.self) == "start: starting\n")
            board.isStarted()
            #expect(try WebRequest(url: url + "/readyz").send().status == 200)
            board.setProblem("partition 3", "its changelog has a hole; run decahose dedup rebuild")
            let refused = try WebRequest(url: url + "/readyz").send()
            #expect(String(decoding: refused.body, as: UTF8.self).contains("partition 3: its changelog"))
            let metrics = try WebRequest(url: url + "/metrics").send()
            #expect(String(decoding: metrics.body, as: UTF8.self).contains("decahose_test_total 7\n"))
            #expect(try WebRequest(url: url + "/status").send().body == Array(#"{"role":"test"}"#.utf8))
            let nothing = try WebRequest(url: url + "/secrets").send()
            #expect(nothing.status == 404)
            #expect(String(decoding: nothing.body, as: UTF8.self).contains("/status"))
        }
    }

    private func post(_ url: String, _ headers: [String]) throws -> WebRequest.Answer {
        try WebRequest(method: "POST", url: url, body: [0x7B, 0x7D], headers: headers).send()
    }

    @Test("a change needs the token, and is off without one")
    func changes() async throws {
        let board = StatusBoard()
        board.offer("/backfill") { body in .init(status: 202, json: #"{"bytes":\#(body.count)}"#) }
        try await serve(board) { url in
            let refused = try post(url + "/backfill", ["Authorization: Bearer "])
            #expect(refused.status == 403)
        }
        try await serve(board, token: "secret") { url in
            #expect(try post(url + "/backfill", []).status == 401)
            #expect(try post(url + "/backfill", ["Authorization: Bearer secreT"]).status == 401)
            let answer = try post(url + "/backfill", ["Authorization: Bearer secret"])
            #expect(answer.status == 202)
            #expect(answer.body == Array(#"{"bytes":2}"#.utf8))
            #expect(try post(url + "/other", ["Authorization: Bearer secret"]).status == 404)
        }
    }

    /// Sends bytes to the server, and reads until it closes.
    ///
    /// - Returns: What it answered.
    private func exchange(_ url: String, _ bytes: String) -> String {
        guard let client = try? Client(url) else { return "no connection" }
        defer { client.close() }
        // The server may close before it has taken everything.
        client.send(bytes)
        var answer = ""
        while true {
            let piece = client.receive(within: .seconds(60))
            if piece.isEmpty { return answer }
            answer += piece
        }
    }

    @Test("a client that says nothing, or half a request, is closed; long headers and bodies are refused")
    func limits() async throws {
        let board = StatusBoard()
        board.offer("/backfill") { _ in .init(status: 202, json: "{}") }
        var limits = StatusServer.Limits()
        limits.idleMilliseconds = 200
        try await serve(board, token: "secret", limits: limits) { url in
            #expect(exchange(url, "") == "")
            #expect(exchange(url, "GET /healthz HTTP/1.1\r\nHost: x\r\n") == "")
            #expect(exchange(url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            let long = String(repeating: "x", count: 20000)
            #expect(!exchange(url, "GET /healthz HTTP/1.1\r\nHost: \(long)\r\n\r\n").contains(" 200 "))
            let body = [UInt8](repeating: 0x20, count: 70000)
            let answer = try WebRequest(
                method: "POST",
                url: url + "/backfill",
                body: body,
                headers: ["Authorization: Bearer secret", "Expect:"]
            ).send()
            #expect(answer.status == 413)
        }
    }

    @Test("beyond the greatest number of connections a client waits, and is answered once another has gone")
    func connections() async throws {
        var limits = StatusServer.Limits()
        limits.connections = 2
        try await serve(StatusBoard(), limits: limits) { url in
            let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            // Answered once, and so taken in, and kept open.
            let held = try (0..<2).map { _ in try Client(url) }
            for client in held {
                client.send(request)
                #expect(client.receive(within: .seconds(20)).hasPrefix("HTTP/1.1 200"))
            }
            let third = try Client(url)
            third.send(request)
            #expect(third.receive(within: .milliseconds(500)) == "")
            held[0].close()
            #expect(third.receive(within: .seconds(20)).hasPrefix("HTTP/1.1 200"))
            held[1].close()
            third.close()
        }
    }

    /// A connection that stays open.
    private struct Client {
        private let descriptor: Int32

        init(_ url: String) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            address.sin_port = (UInt16(url.split(separator: ":").last ?? "") ?? 0).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
            try #require(status == 0)
        }

        func send(_ text: String) {
            _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        }

        /// What comes first; empty where nothing does.
        func receive(within limit: Duration) -> String {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, Int32(limit / .milliseconds(1))) == 1 else { return "" }
            var piece = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &piece, piece.count, 0)
            return String(decoding: piece.prefix(max(0, count)), as: UTF8.self)
        }

        func close() {
            _ = Glibc.close(descriptor)
        }
    }

    @Test("a feed sends its document at once, and whole again when it has changed, until the follower leaves")
    func feed() async throws {
        let board = StatusBoard()
        let count = Mutex(0)
        board.feed("/events") { Array("{\"count\":\(count.withLock(\.self))}\n".utf8) }
        try await serve(board) { url in
            let waker = TransferWaker()
            let transfer = try StreamTransfer(StreamRequest(url: url + "/events", userAgent: "test"), waker: waker)
            var received = ""
            var type: String?
            let deadline = ContinuousClock.now + .seconds(30)
            while !received.contains("\"count\":1"), ContinuousClock.now < deadline {
                let progress = transfer.poll(timeout: .milliseconds(100)) { event in
                    switch event {
                    case .head(let head): type = head.header("content-type")
                    case .body(let bytes): received += String(decoding: bytes, as: UTF8.self)
                    }
                    return true
                }
                guard progress == .ongoing else { break }
                if received.contains("\"count\":0") { count.withLock { $0 = 1 } }
            }
            #expect(type == "text/event-stream")
            #expect(received == "data: {\"count\":0}\n\ndata: {\"count\":1}\n\n")
        }
    }

    @Test("every answer says what a browser may do with it")
    func securityHeaders() async throws {
        let board = StatusBoard()
        Dashboard.show(on: board)
        try await serve(board) { url in
            for path in ["/", "/dashboard.css", "/dashboard.js", "/healthz"] {
                let transfer = try StreamTransfer(
                    StreamRequest(url: url + path, userAgent: "test"),
                    waker: TransferWaker()
                )
                var head: TransferHead?
                while transfer.poll(
                    timeout: .milliseconds(100),
                    { event in
                        if case .head(let received) = event { head = received }
                        return true
                    }
                ) == .ongoing {}
                #expect(head?.status == 200, "\(path)")
                #expect(head?.header("content-security-policy")?.contains("default-src 'none'") == true)
                #expect(head?.header("x-content-type-options") == "nosniff")
                #expect(head?.header("x-frame-options") == "DENY")
            }
        }
    }
}
