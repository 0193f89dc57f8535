import Hummingbird
import NIOCore
import Operations
import ServiceLifecycle
import Synchronization

/// A document that is sent anew to everybody who follows it, whenever it has changed: server-sent events.
///
/// Source: the WHATWG HTML standard, section 9.2.
final class EventFeed: Sendable {
    /// How often a document is looked at.
    static let interval: Duration = .seconds(1)
    /// Looks without a change after which a comment is sent, so that proxies and browsers keep the connection.
    static let quietLooksMax = 15
    /// More followers than this are sent away: each costs a connection and a document a second.
    static let followersMax = 64

    private let followers = Atomic<Int>(0)

    /// An answer that goes on until the follower leaves or the server stops; nil where there are too many followers.
    func follow(_ document: StatusBoard.Document, headers: HTTPFields) -> Response? {
        guard followers.add(1, ordering: .relaxed).newValue <= Self.followersMax else {
            followers.subtract(1, ordering: .relaxed)
            return nil
        }
        let place = FollowerPlace { self.followers.subtract(1, ordering: .relaxed) }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                defer { place.leave() }
                var sent: [UInt8] = []
                var quietLooks = 0
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    let body = document.body()
                    quietLooks += 1
                    if body != sent {
                        try await writer.write(Self.event(body))
                        (sent, quietLooks) = (body, 0)
                    } else if quietLooks >= Self.quietLooksMax {
                        try await writer.write(ByteBuffer(string: ":\n\n"))
                        quietLooks = 0
                    }
                    try await Task.sleep(for: Self.interval)
                }
                try await writer.finish(nil)
            }
        )
    }

    /// One event; a line break inside the document begins another line of data.
    static func event(_ body: [UInt8]) -> ByteBuffer {
        var event = ByteBuffer()
        for line in body.split(separator: 0x0A) {
            event.writeString("data: ")
            event.writeBytes(line)
            event.writeString("\n")
        }
        event.writeString("\n")
        return event
    }
}

/// A follower's place, given back once: when the body ends, or when it was never written.
private final class FollowerPlace: Sendable {
    private let giveBack: @Sendable () -> Void
    private let isTaken = Atomic<Bool>(true)

    init(_ giveBack: @escaping @Sendable () -> Void) {
        self.giveBack = giveBack
    }

    deinit {
        leave()
    }

    func leave() {
        if isTaken.exchange(false, ordering: .acquiringAndReleasing) { giveBack() }
    }
}
