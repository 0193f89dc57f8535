import Foundation
import Glibc
import StreamClient

/// A small HTTP client on a bare socket, which sees every byte and every cut.
struct RawClient {
    struct Failure: Error {
        var reason: String
    }

    /// A simulator that keeps still for longer than this has failed its test.
    static let deadlineSeconds = 60.0

    let port: Int
    /// Bytes read at once; a small number makes a slow reader.
    var pieceBytes = 65536

    func get(
        _ path: String,
        method: String = "GET",
        headers: [String],
        body: String = "",
        until isDone: (ReceivedStream) -> Bool
    ) throws -> ReceivedStream {
        let descriptor = try connect()
        defer { close(descriptor) }
        let head =
            (["\(method) \(path) HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)"] + headers)
            .joined(separator: "\r\n") + "\r\n\r\n" + body
        try write(Array(head.utf8), to: descriptor)
        var parser = AnswerParser()
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        let start = Date()
        var last = start
        while Date().timeIntervalSince(start) < Self.deadlineSeconds {
            let count = recv(descriptor, &piece, piece.count, 0)
            let now = Date()
            parser.received.longestSilence = max(parser.received.longestSilence, now.timeIntervalSince(last))
            if count > 0 {
                last = now
                try parser.append(piece[..<count])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                parser.received.closed = true
            }
            if parser.received.closed || parser.received.endedCleanly || isDone(parser.received) {
                return parser.received
            }
        }
        throw Failure(reason: "\(path): not done after \(Self.deadlineSeconds) s, \(parser.received.lineCount) lines")
    }

    private func connect() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw Failure(reason: "no connection to port \(port): errno \(errno)")
        }
        var timeout = timeval(tv_sec: 0, tv_usec: 50000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(reason: "the request cannot be sent: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }
}

/// Takes an HTTP/1.1 answer apart as it comes.
struct AnswerParser: ~Copyable {
    var received = ReceivedStream()
    private var rest: [UInt8] = []
    private var inflater = Inflater()
    private var hasHead = false
    private var length: Int?

    init() {}

    mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        rest += bytes
        if !hasHead { readHead() }
        guard hasHead else { return }
        if let length {
            received.wire += rest
            rest = []
            received.endedCleanly = received.wire.count >= length
        } else {
            while try readChunk() {}
        }
    }

    private mutating func readHead() {
        guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        received.status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            received.headers[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        rest.removeSubrange(..<end.upperBound)
        length = received.headers["content-length"].flatMap { Int($0) }
        hasHead = true
    }

    private mutating func readChunk() throws -> Bool {
        guard let end = rest.firstRange(of: [0x0D, 0x0A]) else { return false }
        let text = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
        guard let size = Int(text, radix: 16) else { throw RawClient.Failure(reason: "chunk of size '\(text)'") }
        guard rest.count >= end.upperBound + size + 2 else { return false }
        if size == 0 {
            received.endedCleanly = true
            return false
        }
        let chunk = Array(rest[end.upperBound..<end.upperBound + size])
        rest.removeSubrange(..<(end.upperBound + size + 2))
        received.chunks += 1
        received.wire += chunk
        if received.headers["content-encoding"] == "gzip" {
            try inflate(chunk)
        } else {
            chunk.withUnsafeBytes { received.append(plain: $0) }
        }
        return true
    }

    private mutating func inflate(_ chunk: [UInt8]) throws {
        var received = ReceivedStream()
        swap(&received, &self.received)
        defer { swap(&received, &self.received) }
        _ = try chunk.withUnsafeBytes { bytes in
            try inflater.inflate(bytes) { piece in
                received.append(plain: piece)
                return true
            }
        }
        received.isInsideMember = inflater.isTruncated
    }
}
