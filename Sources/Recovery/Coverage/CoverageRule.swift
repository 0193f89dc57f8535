/// The numbers of the coverage rule; all follow from the delivery slack, so that one setting shortens them together.
public struct CoverageRule: Hashable, Sendable {
    /// How late after its creation a Tweet may be delivered and still be counted on.
    public let slack: Duration

    /// The rule for a slack.
    ///
    /// - Parameter slack: At least a second.
    public init(slack: Duration) {
        precondition(slack >= .seconds(1), "a delivery slack of \(slack)")
        self.slack = slack
    }

    /// What a session claims begins so long after the server's `Date`: the header has whole seconds, and the server's
    /// clock and the snowflakes' may differ by 4 s.
    public static let leftMargin: Duration = .seconds(5)

    /// A lead of the creation times below this is the whole second of `Date`.
    static let leadTolerance: Duration = .seconds(1)

    /// A lead that a person should be told of: what lies below it may be the same second of `Date` read a little late.
    public static let leadToTell: Duration = .seconds(4)

    /// For so long after its head an answer's `Date` is compared with creation times; later it would be our monotonic
    /// clock that is judged.
    static let leadTime: Duration = .seconds(600)

    /// One in so many of the Tweets of a second may be older than its frontier.
    static let frontierOneIn = 100

    /// A Tweet that was created so long after the server's own present was not: its ID is absurd and proves nothing.
    ///
    /// Clocks differ by seconds; a virtual machine that was halted can lose a minute of its monotonic clock while its
    /// connections live on. What lies between is taken for a Tweet of the present.
    public static let futureMargin: Duration = .seconds(120)

    /// The stretch after the left end whose median second is the baseline, and the time that the frontier must have
    /// passed the left end by before credit is given: a minute at the default slack.
    ///
    /// Fewer than four seconds have no median worth the name, however short the slack is.
    public var baselineTime: Duration { max(slack / 2, .seconds(4)) }

    /// The stretch that must hold 80 % of the baseline, and the distance that credit keeps from the oldest
    /// second it rests on: 10 s at the default slack.
    ///
    /// Two seconds at least: in a shorter window chance alone falls below the share too often.
    public var windowTime: Duration { max(slack / 12, .seconds(2)) }

    /// `windowTime` in whole seconds, at least one.
    var windowSeconds: Int { max(1, Int((windowTime / .seconds(1)).rounded(.up))) }

    /// `baselineTime` in whole seconds, at least one.
    var baselineSeconds: Int { max(1, Int(baselineTime / .seconds(1))) }

    /// Whether a second of a backfill holds enough: half of the baseline.
    static func isSecondFull(_ count: Int, baseline: Int) -> Bool { 2 * count >= baseline }

    /// Whether a window of a backfill holds enough: 80 % of the baseline.
    static func isWindowFull(_ count: Int, seconds: Int, baseline: Int) -> Bool { 5 * count >= 4 * baseline * seconds }

    /// A thinner stream has no baseline: by chance alone a backfill with half of its Tweets missing would look full.
    ///
    /// Ten seconds of ten Tweets each are a hundred, of which half lies four standard deviations below 80 %.
    static let baselineMin = 10

    /// The most that can be credited: the most minutes of backfill that any dialect grants, and one.
    static let backfillSecondsMax = 6 * 60
}
