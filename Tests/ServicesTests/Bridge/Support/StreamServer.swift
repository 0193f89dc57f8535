import Foundation
import Glibc
import Operations
import Synchronization
import Tweets

/// An upstream of one script on a loopback port: each connection has a thread, and sends exactly what the script says.
final class StreamServer: Sendable {
    /// One accepted connection.
    struct Connection: Sendable {
        fileprivate let socket: Int32
        /// The whole head of the request.
        let head: String

        /// The first line of the request, for example `GET /2/tweets/sample10/stream?partition=1 HTTP/1.1`.
        var requestLine: String { String(head.prefix { $0 != "\r\n" && $0 != "\r" }) }

        /// The stream partition that was asked for.
        var partition: Int { query("partition").flatMap { Int($0) } ?? 0 }

        /// A query parameter.
        func query(_ name: String) -> String? {
            let target = requestLine.split(separator: " ").dropFirst().first ?? ""
            return target.split(separator: "?").last?.split(separator: "&")
                .first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
        }

        /// Sends the head of a compressed stream, dated now or otherwise, or not at all.
        func sendHead(date: Instant? = WallClock.now()) {
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: "GMT")
            formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            let dated = date.map { date in
                "Date: \(formatter.string(from: Date(timeIntervalSince1970: Double(date.milliseconds) / 1000)))\r\n"
            }
            send(
                "HTTP/1.1 200 OK\r\n\(dated ?? "")Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
        }

        /// Sends lines as one gzip member in one chunk; false once the client is gone.
        @discardableResult
        func send(lines: [String]) -> Bool {
            let member = Gzip.member([Array(lines.map { $0 + "\r\n" }.joined().utf8)])
            return send(Array("\(String(member.count, radix: 16))\r\n".utf8) + member + [0x0D, 0x0A])
        }

        /// Ends the chunked body in good order.
        func sendEnd() {
            send("0\r\n\r\n")
        }

        /// Sends heartbeats until the client closes.
        func heartbeatUntilClosed() {
            var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            repeat {
                guard send(lines: [""]) else { return }
            } while poll(&wait, 1, 200) == 0
        }

        @discardableResult
        func send(_ text: String) -> Bool {
            send(Array(text.utf8))
        }

        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { return false }
                rest = rest.dropFirst(sent)
            }
            return true
        }
    }

    let port: Int
    private let listener: Int32
    private let log = RequestLog()

    private final class RequestLog: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// A server that answers each connection by `script`, on a thread of its own.
    init(_ script: @escaping @Sendable (Connection) -> Void) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        precondition(bound, "no loopback port: \(errno)")
        port = Int(UInt16(bigEndian: address.sin_port))
        self.listener = listener
        let log = log
        Thread {
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else {
                    close(listener)
                    return
                }
                Thread {
                    let connection = Connection(socket: socket, head: Self.readHead(socket))
                    log.lines.withLock { $0.append(connection.requestLine) }
                    script(connection)
                    close(socket)
                }.start()
            }
        }.start()
    }

    deinit {
        // Ends the thread's accept; the thread closes the socket, so that its number is not used again under it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// The base of every address.
    var baseURL: String { "http://127.0.0.1:\(port)" }

    /// The first lines of all requests so far.
    var requests: [String] { log.lines.withLock(\.self) }

    private static func readHead(_ socket: Int32) -> String {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.reversed().starts(with: [0x0A, 0x0D, 0x0A, 0x0D]), recv(socket, &byte, 1, 0) == 1 {
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self)
    }
}
