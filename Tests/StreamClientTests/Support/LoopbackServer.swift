import Foundation
import Glibc
import Synchronization

/// A server of one script on a loopback port of its own: what it gets to read, and exactly the bytes that it sends.
final class LoopbackServer: Sendable {
    /// One accepted connection.
    struct Connection {
        fileprivate let socket: Int32
        /// The head of the request.
        let request: String

        /// Sends bytes; false once the client is gone.
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

        /// Sends text.
        @discardableResult
        func send(_ text: String) -> Bool {
            send(Array(text.utf8))
        }

        /// Sends one chunk of a chunked body.
        @discardableResult
        func sendChunk(_ bytes: [UInt8]) -> Bool {
            send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A])
        }

        /// Waits until the client closes its side.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(socket, &byte, 1, 0) > 0 {}
        }
    }

    /// The port.
    let port: Int
    private let listener: Int32
    private let accepted = Mutex(0)

    /// A server that answers each connection by `script`, on a thread of its own, one after the other.
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
        Thread {
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else {
                    close(listener)
                    return
                }
                script(Connection(socket: socket, request: Self.readHead(socket)))
                close(socket)
            }
        }.start()
    }

    deinit {
        // Ends the thread's accept; the thread closes the socket, so that its number is not used again under it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// The address of a path.
    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    private static func readHead(_ socket: Int32) -> String {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.reversed().starts(with: [0x0A, 0x0D, 0x0A, 0x0D]), recv(socket, &byte, 1, 0) == 1 {
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self)
    }
}
