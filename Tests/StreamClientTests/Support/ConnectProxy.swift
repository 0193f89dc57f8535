import Foundation
import Glibc
import Synchronization

/// A real HTTP proxy that knows CONNECT only, with a user of its own, and counts what it hands to the client.
final class ConnectProxy: Sendable {
    private struct Counts {
        var bytesToClient = 0
        var tunnels = 0
        var refused = 0
    }

    let port: Int
    private let listener: Int32
    private let counts = Mutex(Counts())
    private let authorization: String

    /// A proxy that lets only `credentials` (`user:password`) pass.
    init(credentials: String) {
        authorization = "proxy-authorization: basic \(Data(credentials.utf8).base64EncodedString())".lowercased()
        (listener, port) = LoopbackSocket.listen()
        let listener = listener
        Thread { [weak self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else {
                    close(listener)
                    return
                }
                Thread { [weak self] in
                    self?.serve(socket)
                    close(socket)
                }.start()
            }
        }.start()
    }

    deinit {
        // Ends the thread's accept; the thread closes the socket, so that its number is not used again under it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Bytes handed to clients through tunnels so far.
    var bytesToClient: Int { counts.withLock(\.bytesToClient) }
    /// Tunnels opened so far.
    var tunnels: Int { counts.withLock(\.tunnels) }
    /// Requests refused for their credentials so far.
    var refused: Int { counts.withLock(\.refused) }

    private func serve(_ client: Int32) {
        let head = LoopbackSocket.readHead(client)
        let words = head.split(separator: " ")
        guard words.count >= 2, words[0] == "CONNECT", let colon = words[1].lastIndex(of: ":"),
            let target = Int(words[1][words[1].index(after: colon)...])
        else { return }
        guard head.lowercased().contains(authorization) else {
            counts.withLock { $0.refused += 1 }
            LoopbackSocket.send(
                client,
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                    + "Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        }
        guard let server = LoopbackSocket.connect(target) else {
            LoopbackSocket.send(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        }
        counts.withLock { $0.tunnels += 1 }
        var small: Int32 = 64 << 10
        setsockopt(client, SOL_SOCKET, SO_SNDBUF, &small, socklen_t(MemoryLayout<Int32>.size))
        LoopbackSocket.send(client, "HTTP/1.1 200 Connection established\r\n\r\n")
        let up = Thread {
            LoopbackSocket.relay(from: client, to: server) { _ in }
            shutdown(server, Int32(SHUT_WR))
        }
        up.start()
        LoopbackSocket.relay(from: server, to: client) { [self] count in
            counts.withLock { $0.bytesToClient += count }
        }
        shutdown(client, Int32(SHUT_RDWR))
        while !up.isFinished { usleep(1000) }
        close(server)
    }
}

/// Sockets on 127.0.0.1.
enum LoopbackSocket {
    /// A listening socket on a free port.
    static func listen() -> (socket: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && Glibc.listen(listener, 8) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        precondition(bound, "no loopback port: \(errno)")
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port that nobody listened on a moment ago.
    static func freePort() -> Int {
        let (socket, port) = listen()
        close(socket)
        return port
    }

    static func connect(_ port: Int) -> Int32? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(socket)
            return nil
        }
        return socket
    }

    /// Copies until either side ends.
    static func relay(from source: Int32, to target: Int32, count: (Int) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let received = recv(source, &buffer, buffer.count, 0)
            guard received > 0 else { return }
            var sent = 0
            while sent < received {
                let step = buffer.withUnsafeBytes { bytes in
                    Glibc.send(target, bytes.baseAddress?.advanced(by: sent), received - sent, Int32(MSG_NOSIGNAL))
                }
                guard step > 0 else { return }
                sent += step
                count(step)
            }
        }
    }

    static func send(_ socket: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    static func readHead(_ socket: Int32) -> String {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.reversed().starts(with: [0x0A, 0x0D, 0x0A, 0x0D]), recv(socket, &byte, 1, 0) == 1 {
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self)
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }
}
