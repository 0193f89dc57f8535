import Foundation
import StreamClient
import Testing

@Suite("A streaming GET over TLS, through a proxy, over HTTP/2")
struct SecureTransferTests {
    private static let answer = "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 21:05:49 GMT\r\n\r\nhello over tls"
    private static let hasOpenSSL = TLSServers.openssl != nil
    private static let hasNghttpd = TLSServers.nghttpd != nil && hasOpenSSL

    private struct Received {
        var head: TransferHead?
        var body: [UInt8] = []
        var end: TransferProgress = .ongoing

        /// libcurl's number and words, where it failed.
        var failure: (code: Int, text: String)? {
            if case .failed(.connection(let code, let text)) = end { (code, text) } else { nil }
        }
    }

    private func receive(
        _ url: String,
        authority: String? = nil,
        proxy: String? = nil,
        visit: (Received) -> Void = { _ in }
    ) throws -> Received {
        var request = StreamRequest(
            url: url,
            authorization: .basic(username: "ops@acme.example", password: "hunter2!"),
            userAgent: "decahose-test/1"
        )
        request.certificateAuthorityFile = authority
        request.proxy = proxy
        let transfer = try StreamTransfer(request, waker: TransferWaker())
        var received = Received()
        while received.end == .ongoing {
            received.end = transfer.poll(timeout: .seconds(10)) { event in
                switch event {
                case .head(let head): received.head = head
                case .body(let bytes):
                    received.body += bytes
                    visit(received)
                }
                return true
            }
        }
        return received
    }

    @Test(
        "a server of a private authority is read where that is trusted, and refused where it is not",
        .enabled(if: hasOpenSSL, "needs the openssl command")
    )
    func authority() throws {
        let servers = try TLSServers()
        let (server, url) = try servers.http1(Self.answer)
        defer { withExtendedLifetime((server, servers)) {} }
        let trusted = try receive(url, authority: servers.authority)
        #expect(trusted.head?.status == 200)
        #expect(trusted.body == Array("hello over tls".utf8))
        // 60: the peer's certificate cannot be verified.
        #expect(try receive(url, authority: servers.otherAuthority).failure?.code == 60)
        #expect(try receive(url).failure?.code == 60)
        // 77: the file of authorities cannot be read.
        #expect(try receive(url, authority: servers.folder.path("nowhere.pem")).failure?.code == 77)
    }

    @Test(
        "a proxy with credentials is passed through, and its refusal shows none of them",
        .enabled(if: hasOpenSSL, "needs the openssl command")
    )
    func proxy() throws {
        let servers = try TLSServers()
        let (server, url) = try servers.http1(Self.answer)
        defer { withExtendedLifetime((server, servers)) {} }
        let proxy = ConnectProxy(credentials: "robot:swordfish")
        let passed = try receive(
            url,
            authority: servers.authority,
            proxy: "http://robot:swordfish@127.0.0.1:\(proxy.port)"
        )
        #expect(passed.body == Array("hello over tls".utf8))
        #expect(passed.head?.header("date") == "Mon, 23 Nov 2026 21:05:49 GMT")
        #expect(proxy.tunnels == 1)

        let refused = try receive(
            url,
            authority: servers.authority,
            proxy: "http://robot:wrongfish@127.0.0.1:\(proxy.port)"
        )
        let failure = try #require(refused.failure)
        #expect(failure.code == 56)
        #expect(failure.text.contains("407"))
        #expect(!failure.text.contains("wrongfish"))
        #expect(proxy.tunnels == 1)
        #expect(proxy.refused >= 1)
    }

    @Test("libcurl's own complaint about a proxy is told without the proxy's credentials")
    func complaint() throws {
        for proxy in ["nonsense://robot:swordfish@127.0.0.1:1", "http://robot:swordfish@127.0.0.1:port"] {
            let received = try receive("http://127.0.0.1:1/", proxy: proxy)
            let failure = try #require(received.failure)
            #expect(!failure.text.isEmpty)
            #expect(!failure.text.contains("swordfish") && !failure.text.contains("robot:"), "\(failure.text)")
        }
    }

    @Test(
        "HTTP/2 is agreed on, and a visitor that blocks holds the server back, through a proxy too",
        .enabled(if: hasNghttpd, "needs nghttpd (Debian: nghttp2-server) and openssl")
    )
    func http2() throws {
        let bytes = 32 << 20
        let servers = try TLSServers()
        let (server, url) = try servers.http2(bytes: bytes)
        defer { withExtendedLifetime((server, servers)) {} }
        let proxy = ConnectProxy(credentials: "robot:swordfish")
        var sentWhileBlocked: Int?
        let received = try receive(
            url,
            authority: servers.authority,
            proxy: "http://robot:swordfish@127.0.0.1:\(proxy.port)",
            visit: { _ in
                guard sentWhileBlocked == nil else { return }
                sentWhileBlocked = Self.settled { proxy.bytesToClient }
            }
        )
        #expect(received.end == .finished)
        // This server speaks nothing but HTTP/2 here.
        #expect(received.head?.header("server")?.contains("nghttpd") == true)
        #expect(received.body.count == bytes)
        #expect(received.body.last == UInt8(truncatingIfNeeded: (bytes - 1) / 4096))
        let blocked = try #require(sentWhileBlocked)
        // What sockets hold, far from all; without back-pressure libcurl would have taken everything.
        #expect(blocked < bytes / 2, "\(blocked) of \(bytes) bytes went through while the visitor blocked")
    }

    /// A number once it has stood still for half a second.
    private static func settled(_ number: () -> Int) -> Int {
        var last = -1
        while true {
            let now = number()
            if now == last { return now }
            last = now
            usleep(500_000)
        }
    }
}

@Suite("Secrets in texts for people")
struct SecretTextsTests {
    @Test("a secret is taken out in every form in which a server could repeat it")
    func forms() {
        var request = StreamRequest(
            url: "https://x/",
            authorization: .basic(username: "ops@acme.example", password: "hunter2&=/ä"),
            userAgent: "t"
        )
        request.proxy = "http://robot:sword%2Ffish@proxy:3128"
        let secrets = SecretTexts(request)
        let basic = Data("ops@acme.example:hunter2&=/ä".utf8).base64EncodedString()
        let proxyBasic = Data("robot:sword/fish".utf8).base64EncodedString()
        for form in ["hunter2&=/ä", "hunter2%26%3D%2F%C3%A4", basic, proxyBasic, "sword%2Ffish", "sword/fish"] {
            let text = secrets.removed(from: "the server says \(form), twice: \(form).")
            #expect(text == "the server says redacted, twice: redacted.", "\(form)")
        }
        #expect(secrets.removed(from: "http://robot:sword%2Ffish@proxy:3128") == "http://redacted@proxy:3128")
        #expect(secrets.removed(from: "ops@acme.example at proxy:3128") == "ops@acme.example at proxy:3128")
        let bearer = SecretTexts(StreamRequest(url: "x", authorization: .bearer("AAAA%2Fbbb"), userAgent: "t"))
        #expect(bearer.removed(from: "Bearer AAAA%2Fbbb") == "Bearer redacted")
    }
}
