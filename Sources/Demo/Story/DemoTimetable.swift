/// How long everything takes, derived from the one length that was asked for.
public struct DemoTimetable: Sendable, Equatable {
    /// The length of the whole, without start and end.
    public let total: Duration
    /// `stream.delivery_slack` of all roles: short, so that the waiting is short.
    public let slack: Duration

    /// A timetable.
    ///
    /// - Parameter seconds: At least ``secondsMin``.
    public init(seconds: Int) {
        precondition(seconds >= Self.secondsMin, "a demonstration of \(seconds) s")
        total = .seconds(seconds)
        slack = .milliseconds(max(4000, min(120_000, Int64(seconds) * 1000 / 20)))
    }

    /// Less cannot hold five acts.
    public static let secondsMin = 45

    /// How long everything just runs.
    public var steady: Duration { total / 10 }
    /// How long bridge a is dead while b delivers.
    public var oneDead: Duration { total / 12 }
    /// How long both are dead.
    public var bothDead: Duration { total / 14 }
    /// How long bridge b is dead in the last act, so that its backfill brings copies of deleted Tweets.
    public var deletes: Duration { total / 16 }
    /// How long to wait for something that must happen before the act counts as failed.
    public var patience: Duration { .seconds(30) + slack * 8 }
    /// The heartbeat interval of the simulated upstream.
    public var heartbeat: Duration { .seconds(2) }
}
