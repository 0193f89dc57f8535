public import Tweets

/// The spans of time by which the ledger judges; all of them follow from one setting, the delivery slack.
public struct LedgerTiming: Hashable, Sendable {
    /// How late a Tweet may be delivered; 99 % come within a minute, so the default is two.
    public var slack: Duration

    /// Timing from the delivery slack.
    public init(slack: Duration) {
        self.slack = slack
    }

    /// How far the settled frontier lies behind the clock; newer time is pending.
    public var settleDelay: Duration { slack * 2 }

    /// How long after the last record of any session a stream partition counts as unheard.
    ///
    /// Sessions speak once a second whatever the slack is, so a short slack must not turn a busy host into a dead one.
    public var hearing: Duration { max(slack / 2, .seconds(10)) }

    /// How long after its last record a session still counts as in force: a display, so a few records' time is enough.
    public static let signOfLife: Duration = .seconds(4)

    /// How long a gap that nobody is closing grows before what is known of it is recovered.
    public var openGapCut: Duration { max(slack * 5, .seconds(60)) }

    /// The server's `Date` is to the second and taken before the first Tweet: a plain left end lies this far after it.
    ///
    /// It does not follow the slack, since it covers the server's clock and not its delivery.
    public static let leftEndMargin: Duration = .seconds(5)

    /// The plain left end of a session.
    public static func leftEnd(of session: SessionRecord) -> Instant {
        session.serverDate + leftEndMargin
    }
}
