public import Tweets

/// Notices a dead connection by two clocks: no byte at all, and heartbeats without Tweets.
///
/// Both are armed at the connect, not at the first message: a server that accepts and then says nothing is dead too.
public struct StallDetector: Hashable, Sendable {
    /// What the clocks say.
    public enum Verdict: Hashable, Sendable {
        /// Bytes and Tweets came in time.
        case alive
        /// Not even a heartbeat.
        case heartbeatTimeout
        /// Heartbeats, but no Tweets.
        case dataSilence
    }

    private let heartbeatTimeout: Duration
    private let silenceTimeout: Duration?
    private var lastByte: MonotonicInstant
    private var lastTweet: MonotonicInstant

    /// Clocks that run from `now`.
    ///
    /// - Parameters:
    ///   - heartbeatTimeout: How long nothing at all may come.
    ///   - silenceTimeout: How long no Tweet may come; nil for a product without Tweets.
    ///   - now: The moment of the connect.
    public init(heartbeatTimeout: Duration, silenceTimeout: Duration?, now: MonotonicInstant) {
        self.heartbeatTimeout = heartbeatTimeout
        self.silenceTimeout = silenceTimeout
        lastByte = now
        lastTweet = now
    }

    /// Bytes came.
    public mutating func received(at now: MonotonicInstant) {
        lastByte = max(lastByte, now)
    }

    /// A Tweet came.
    public mutating func receivedTweet(at now: MonotonicInstant) {
        lastByte = max(lastByte, now)
        lastTweet = max(lastTweet, now)
    }

    /// We did not read for a while, for a reason of our own: what did not come in that time says nothing.
    public mutating func resumed(at now: MonotonicInstant) {
        receivedTweet(at: now)
    }

    /// When the verdict can change next without anything coming.
    public var deadline: MonotonicInstant {
        let byBytes = lastByte + heartbeatTimeout
        return silenceTimeout.map { min(byBytes, lastTweet + $0) } ?? byBytes
    }

    /// What the clocks say at `now`.
    public func verdict(at now: MonotonicInstant) -> Verdict {
        if now >= lastByte + heartbeatTimeout { return .heartbeatTimeout }
        if let silenceTimeout, now >= lastTweet + silenceTimeout { return .dataSilence }
        return .alive
    }
}
