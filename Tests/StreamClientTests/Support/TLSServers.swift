import Foundation
import Glibc

/// A private certificate authority and real TLS servers with a certificate of it, made by the `openssl` command.
final class TLSServers {
    static let openssl = ToolProcess.find("openssl")
    static let nghttpd = ToolProcess.find("nghttpd")

    let folder: TemporaryFolder
    private let openssl: String

    init() throws {
        guard let openssl = Self.openssl else { throw ToolProcess.Failure(description: "openssl is not installed") }
        self.openssl = openssl
        folder = try TemporaryFolder()
        try makeAuthority("ca")
        try makeAuthority("other")
        try ToolProcess.run(
            openssl,
            Self.newCertificate("server", subject: "/CN=127.0.0.1")
                + ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"]
                + ["-addext", "basicConstraints=critical,CA:FALSE"],
            in: folder.url
        )
    }

    /// The authority of the servers' certificate.
    var authority: String { folder.path("ca.pem") }
    /// An authority that has nothing to do with it.
    var otherAuthority: String { folder.path("other.pem") }

    /// A server of HTTP/1.1 over TLS that answers `GET /answer` with these bytes, head included.
    func http1(_ answer: String) throws -> (server: ToolProcess, url: String) {
        try Data(answer.utf8).write(to: folder.url.appending(path: "answer"))
        let server = try ToolProcess(
            openssl,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-HTTP"],
            in: folder.url
        )
        let address = try server.line(after: "ACCEPT ")
        return (server, "https://\(address)/answer")
    }

    /// A server of HTTP/2 alone, over TLS with ALPN, that answers `GET /answer` with so many bytes.
    func http2(bytes: Int) throws -> (server: ToolProcess, url: String) {
        guard let nghttpd = Self.nghttpd else { throw ToolProcess.Failure(description: "nghttpd is not installed") }
        let answer = folder.url.appending(path: "answer")
        try Data((0..<bytes).lazy.map { UInt8(truncatingIfNeeded: $0 / 4096) }).write(to: answer)
        let port = LoopbackSocket.freePort()
        let server = try ToolProcess(
            nghttpd,
            ["-a", "127.0.0.1", "-d", folder.url.path, "\(port)", "server.key", "server.pem"],
            in: folder.url
        )
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            if let socket = LoopbackSocket.connect(port) {
                close(socket)
                return (server, "https://127.0.0.1:\(port)/answer")
            }
            guard ContinuousClock.now < deadline else {
                throw ToolProcess.Failure(description: "nghttpd does not listen")
            }
            usleep(20_000)
        }
    }

    private func makeAuthority(_ name: String) throws {
        try ToolProcess.run(openssl, Self.newCertificate(name, subject: "/CN=\(name) of a test"), in: folder.url)
    }

    private static func newCertificate(_ name: String, subject: String) -> [String] {
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            + ["-keyout", "\(name).key", "-out", "\(name).pem", "-subj", subject]
    }
}
