public import Tweets

/// How long ago what is read now may have been sent, because reading stood still: while Kafka took nothing, or the process
/// was stopped, the server's messages wait in sockets and in its own buffer.
///
/// A Tweet says by its ID when it was created; a compliance event does not, so that only the time at which it came can be
/// claimed, and this delay is what that time may be wrong by. Every standstill adds its length, since so much of the stream
/// may wait at most; once a wait finds nothing to read, nothing waits any more.
public struct ReadingDelay: Sendable {
    /// The longest ordinary wait for bytes, and some time for a busy machine.
    public static let waitMax: Duration = .milliseconds(1500)
    /// The longest ordinary work on a piece of the body.
    public static let workMax: Duration = .milliseconds(100)
    /// A wait without a byte that is longer than the way to the server and back.
    public static let emptyWaitMin: Duration = .milliseconds(250)

    /// How far what is read may lie behind.
    public private(set) var delay: Duration = .zero

    private var latest: MonotonicInstant
    private var hasRead = false

    /// A connection that is about to be read.
    public init(now: MonotonicInstant) {
        latest = now
    }

    /// A piece of the body is here.
    public mutating func begin(now: MonotonicInstant) {
        stoodStill(now, ordinary: Self.waitMax)
        hasRead = true
    }

    /// A piece of the body is disposed of.
    public mutating func end(now: MonotonicInstant) {
        stoodStill(now, ordinary: Self.workMax)
    }

    /// A wait for bytes is over.
    public mutating func waited(now: MonotonicInstant) {
        let wait = now - latest
        stoodStill(now, ordinary: Self.waitMax)
        if !hasRead, (Self.emptyWaitMin...Self.waitMax).contains(wait) { delay = .zero }
        hasRead = false
    }

    private mutating func stoodStill(_ now: MonotonicInstant, ordinary: Duration) {
        let duration = now - latest
        if duration > ordinary { delay += duration }
        latest = now
    }
}
