import Foundation
import StreamClient
import Synchronization
import Testing

/// Everything that came out of a transfer.
private struct Received {
    var head: TransferHead?
    var body: [UInt8] = []
    var end: TransferProgress = .ongoing
}

/// Polls until the transfer ends, or until `enough` says so.
private func receive(
    _ url: String,
    authorization: StreamRequest.Authorization = .none,
    waker: TransferWaker = TransferWaker(),
    until enough: (Received) -> Bool = { _ in false },
    visit: (TransferEvent) -> Bool = { _ in true }
) throws -> Received {
    let request = StreamRequest(url: url, authorization: authorization, userAgent: "decahose-test/1")
    let transfer = try StreamTransfer(request, waker: waker)
    var received = Received()
    while received.end == .ongoing, !enough(received) {
        received.end = transfer.poll(timeout: .seconds(10)) { event in
            switch event {
            case .head(let head): received.head = head
            case .body(let bytes): received.body += Array(bytes)
            }
            return visit(event)
        }
    }
    return received
}

@Suite("A streaming GET")
struct StreamTransferTests {
    private static let ok = "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 21:05:49 GMT\r\n"

    @Test("it asks for gzip, says who it is, and hands out the body as it was sent")
    func raw() throws {
        let request = Mutex("")
        let compressed = Gzip.member([Array("hello".utf8)]) + Gzip.member([Array(" world".utf8)])
        let server = LoopbackServer { connection in
            request.withLock { $0 = connection.request }
            connection.send(Self.ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in compressed { connection.sendChunk([byte]) }
            connection.send("0\r\n\r\n")
        }
        let received = try receive(server.url("/stream?partition=1"))
        #expect(received.end == .finished)
        #expect(received.head?.status == 200)
        #expect(received.head?.header("content-encoding") == "gzip")
        #expect(received.head?.header("date") == "Mon, 23 Nov 2026 21:05:49 GMT")
        #expect(received.body == compressed)
        let head = request.withLock(\.self)
        #expect(head.hasPrefix("GET /stream?partition=1 HTTP/1.1\r\n"))
        #expect(head.contains("Accept-Encoding: gzip\r\n"))
        #expect(head.contains("User-Agent: decahose-test/1\r\n"))
    }

    @Test("the head is there before the first byte of the body")
    func headFirst() throws {
        let server = LoopbackServer { connection in
            connection.send(Self.ok + "Transfer-Encoding: chunked\r\n\r\n")
            connection.waitForClose()
        }
        let received = try receive(server.url(), until: { $0.head != nil })
        #expect(received.head?.status == 200)
        #expect(received.body.isEmpty)
        #expect(received.end == .ongoing)
    }

    @Test("credentials go in the header of their kind")
    func credentials() throws {
        let requests = Mutex<[String]>([])
        let server = LoopbackServer { connection in
            requests.withLock { $0.append(connection.request) }
            connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        }
        let basic = try receive(server.url(), authorization: .basic(username: "a@b.c", password: "secret"))
        let bearer = try receive(server.url(), authorization: .bearer("token"))
        #expect(basic.head?.status == 401)
        #expect(basic.body == Array("no".utf8))
        #expect(bearer.end == .finished)
        let heads = requests.withLock(\.self)
        #expect(heads.first?.contains("Authorization: Basic YUBiLmM6c2VjcmV0\r\n") == true)
        #expect(heads.last?.contains("Authorization: Bearer token\r\n") == true)
    }

    @Test("an answer that breaks off inside its framing failed, and one without a server too")
    func broken() throws {
        let server = LoopbackServer { connection in
            connection.send(Self.ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe")
        }
        let received = try receive(server.url())
        guard case .failed(.connection) = received.end else {
            Issue.record("ended with \(received.end)")
            return
        }
        #expect(received.body == Array("he".utf8))
        let port = LoopbackServer { _ in }.port
        guard case .failed(.connection(_, let text)) = try receive("http://127.0.0.1:\(port)/").end else {
            Issue.record("connected to nobody")
            return
        }
        #expect(!text.isEmpty)
    }

    @Test("a visitor that wants no more ends the transfer")
    func cancel() throws {
        let server = LoopbackServer { connection in
            connection.send(Self.ok + "Transfer-Encoding: chunked\r\n\r\n")
            while connection.sendChunk(Array(repeating: 0x61, count: 1000)) {}
        }
        let received = try receive(
            server.url(),
            visit: { event in
                if case .body = event { false } else { true }
            }
        )
        #expect(received.end == .cancelled)
    }

    @Test("another thread wakes a poll that waits, before it begins and while it waits")
    func wake() throws {
        let server = LoopbackServer { connection in
            connection.send(Self.ok + "Transfer-Encoding: chunked\r\n\r\n")
            connection.waitForClose()
        }
        let waker = TransferWaker()
        waker.wake()
        let transfer = try StreamTransfer(StreamRequest(url: server.url(), userAgent: "t"), waker: waker)
        var isHeadThere = false
        // The head may come with the first poll already.
        func poll(_ timeout: Duration) -> TransferProgress {
            transfer.poll(timeout: timeout) { _ in
                isHeadThere = true
                return true
            }
        }
        let woken = poll(.seconds(3600))
        #expect(woken == .ongoing)
        while !isHeadThere, poll(.seconds(10)) == .ongoing {}
        Thread { waker.wake() }.start()
        let wokenAgain = poll(.seconds(3600))
        #expect(wokenAgain == .ongoing)
    }

    @Test("an address that is none is refused before anything is sent")
    func badAddress() throws {
        guard case .failed(.connection) = try receive("ftp://127.0.0.1/").end else {
            Issue.record("ftp was taken")
            return
        }
    }
}
