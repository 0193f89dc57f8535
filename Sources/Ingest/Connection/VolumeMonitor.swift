/// Watches a connection's volume against its own recent past and says when it has fallen.
///
/// The volume of a sample follows the day; a share of it that is gone between two looks does not. The present is the
/// mean of half a minute, the past a moving average with a memory of ten minutes that stands still while the volume is
/// down, so that a lasting fall does not become the new normal within minutes.
///
/// A session begins with what is older than itself: backfill comes at many times the usual rate, and without backfill
/// the first seconds are thin. Neither is volume, so nothing is judged or learned before the stream is at its present:
/// one whole second in which nearly all Tweets were created after the connect.
public struct VolumeMonitor: Sendable {
    /// What the comparison says.
    public enum Verdict: Hashable, Sendable {
        /// The session is not at its present yet.
        case catchingUp
        /// Not enough past yet.
        case learning
        /// Within its usual range.
        case usual
        /// Below `fallenShare` of the past.
        case fallen(presentRate: Double, usualRate: Double)
    }

    /// Seconds before the past is trusted.
    public static let learningSeconds = 120
    /// Seconds after which a lasting fall is taken for the new volume.
    public static let acceptAfterSeconds = 1800
    /// A present below this share of the past has fallen.
    public static let fallenShare = 0.5
    /// Below this many Tweets a second, chance alone would give alarms.
    public static let usualRateMin = 5.0
    /// A stream that lags for longer than this is judged by whatever it brings.
    public static let catchUpSecondsMax = 600

    private static let memorySeconds = 600.0
    /// Of a second that belongs to the present, at most one Tweet in so many is older than the connect.
    private static let olderShareMax = 10

    private var window = RateWindow()
    private var seconds = 0
    private var usual = 0.0
    private var fallenSeconds = 0
    /// Seconds of catching up so far; nil once the session is at its present.
    private var catchUpSeconds: Int? = 0

    /// A monitor without a past.
    public init() {}

    /// A session began: what comes first is backfill, or late.
    public mutating func sessionBegan() {
        catchUpSeconds = 0
    }

    /// Notes one whole second of a session.
    ///
    /// - Parameters:
    ///   - tweets: How many Tweets were read in it.
    ///   - older: How many of them were created before the session began.
    public mutating func second(tweets: Int, older: Int) -> Verdict {
        if let waited = catchUpSeconds {
            let isPresent = tweets > 0 && older * Self.olderShareMax <= tweets
            catchUpSeconds = isPresent || waited + 1 >= Self.catchUpSecondsMax ? nil : waited + 1
            // The second that ends the catching up may have begun in the backfill.
            return .catchingUp
        }
        window.second(Int64(tweets))
        seconds += 1
        guard seconds > RateWindow.seconds else { return .learning }
        let present = window.mean
        if usual == 0 { usual = present }
        let isFallen =
            seconds > Self.learningSeconds && usual >= Self.usualRateMin && present < usual * Self.fallenShare
        fallenSeconds = isFallen ? fallenSeconds + 1 : 0
        if fallenSeconds > Self.acceptAfterSeconds {
            usual = present
            fallenSeconds = 0
            return .usual
        }
        guard !isFallen else { return .fallen(presentRate: present, usualRate: usual) }
        usual += (present - usual) / Self.memorySeconds
        return seconds > Self.learningSeconds ? .usual : .learning
    }
}
