public import Tweets

/// What the faults of this moment do to one connection.
public struct FaultEffects: Sendable {
    /// No byte may be sent.
    public var stalls = false
    /// No data may be sent.
    public var silences = false
    /// The most bytes a second; no limit where nil.
    public var bytesPerSecond: Int?
    /// How much later than usual everything arrives.
    public var lag = Duration.zero
    /// Shares of Tweets that are kept back, each by a fault of its own.
    public var withholds: [Withholding] = []
    /// What is to be done once, now.
    public var strikes: [FaultStrike] = []

    /// No effect.
    public init() {}
}

/// A share of the Tweets that a fault keeps back.
public struct Withholding: Sendable, Hashable {
    /// The fault's name, to count for.
    public var fault: String
    /// 0–1.
    public var share: Double
    /// Tells the faults' choices apart.
    public var salt: UInt64

    /// A choice from its parts.
    public init(fault: String, share: Double, salt: UInt64) {
        self.fault = fault
        self.share = share
        self.salt = salt
    }

    /// Whether the Tweet is among those kept back.
    @inline(__always)
    public func includes(_ id: TweetID) -> Bool {
        SplitMix64.mix(id.rawValue ^ salt).unitInterval < share
    }
}

/// Something that a fault does to a connection once.
public enum FaultStrike: Sendable, Hashable {
    /// Close it without a word.
    case drop
    /// Say something, then close it where the message is of that kind.
    case message(FaultMessage)
    /// Close it as too slow.
    case fullBuffer(withMessage: Bool)
    /// End the gzip stream and the connection in the middle of a Tweet.
    case truncate
    /// Send lines that are no messages.
    case junk([JunkKind])
}

/// What a fault makes of a backfill that was asked for.
public struct BackfillFault: Sendable, Hashable {
    /// The fault's name, to count for.
    public var fault: String
    /// How.
    public var mode: FaultMode
    /// `partial`: the newest seconds that are granted.
    public var seconds: Double
    /// `cut`: after which share; `thin`: which share is missing.
    public var share: Double
    /// Tells the faults' choices apart.
    public var salt: UInt64
}

/// What a fault makes of a recovery.
public struct RecoveryFault: Sendable, Hashable {
    /// How.
    public var mode: FaultMode
    /// After which share of the time asked for.
    public var share: Double
    /// `minutes`: how many are missing.
    public var minutes: Int
}
