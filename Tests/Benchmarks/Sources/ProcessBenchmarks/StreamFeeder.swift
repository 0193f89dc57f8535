import Glibc
import Synchronization

/// Serves the compressed Tweets over loopback HTTP, chunked, as fast as the socket takes them.
///
/// One request at a time, each on a thread of its own, in memory that is written once: what it costs is no part of any
/// figure, for only the processes that read are measured.
final class StreamFeeder: Sendable {
    private static let chunkBytes = 64 << 10

    let url: String
    private let listener: Int32
    private let body: TweetBody

    init(_ body: TweetBody) {
        self.body = body
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        precondition(isListening, "cannot listen on loopback: \(String(cString: strerror(errno)))")
        // Children that are started meanwhile must not hold the port.
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    deinit { close(listener) }

    /// Answers the next request.
    ///
    /// - Parameters:
    ///   - memberCount: How much of the body is served.
    ///   - endsAnswer: Whether the answer ends after it; otherwise it stays open, as a stream does that has nothing to
    ///     say, until the client goes.
    ///   - beforeMember: Called on the feeder's thread before each member is sent, with its index.
    ///   - onRequest: Called on the feeder's thread when the request is there, before the first byte of the answer.
    func serveNext(
        memberCount: Int,
        endsAnswer: Bool,
        beforeMember: @escaping @Sendable (Int) -> Void = { _ in },
        onRequest: @escaping @Sendable () -> Void
    ) {
        let serving = Serving(
            listener: listener,
            body: body,
            memberCount: memberCount,
            endsAnswer: endsAnswer,
            beforeMember: beforeMember,
            onRequest: onRequest
        )
        let context = Unmanaged.passRetained(serving).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Serving>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context
        )
        precondition(status == 0, "no thread for the feeder")
        pthread_detach(thread)
    }

    /// One answer.
    private final class Serving: Sendable {
        private let listener: Int32
        private let body: TweetBody
        private let memberCount: Int
        private let endsAnswer: Bool
        private let beforeMember: @Sendable (Int) -> Void
        private let onRequest: @Sendable () -> Void

        init(
            listener: Int32,
            body: TweetBody,
            memberCount: Int,
            endsAnswer: Bool,
            beforeMember: @escaping @Sendable (Int) -> Void,
            onRequest: @escaping @Sendable () -> Void
        ) {
            self.listener = listener
            self.body = body
            self.memberCount = memberCount
            self.endsAnswer = endsAnswer
            self.beforeMember = beforeMember
            self.onRequest = onRequest
        }

        func run() {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            defer { close(client) }
            var request = [UInt8](repeating: 0, count: 16384)
            // The head of a GET comes in one piece on loopback; nothing of it matters here.
            guard recv(client, &request, request.count, 0) > 0 else { return }
            onRequest()
            guard send(client, Array(head.utf8)) else { return }
            for (index, member) in body.members.prefix(memberCount).enumerated() {
                beforeMember(index)
                var start = 0
                while start < member.count {
                    let end = min(start + StreamFeeder.chunkBytes, member.count)
                    guard sendChunk(client, member[start..<end]) else { return }
                    start = end
                }
            }
            if endsAnswer {
                _ = send(client, Array("0\r\n\r\n".utf8))
            } else {
                // Returns when the client closes.
                _ = recv(client, &request, request.count, 0)
            }
        }

        private var head: String {
            var seconds = time_t(body.start.milliseconds / 1000)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            var text = [CChar](repeating: 0, count: 64)
            strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            let date = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return "HTTP/1.1 200 OK\r\nDate: \(date)\r\nContent-Type: application/json\r\n"
                + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        }

        private func sendChunk(_ client: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
            var chunk = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
            chunk.append(contentsOf: bytes)
            chunk.append(0x0D)
            chunk.append(0x0A)
            return send(client, chunk)
        }

        private func send(_ client: Int32, _ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { bytes in
                var rest = UnsafeRawBufferPointer(bytes)
                while !rest.isEmpty {
                    let count = Glibc.send(client, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                    guard count > 0 else { return false }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
                return true
            }
        }
    }
}
