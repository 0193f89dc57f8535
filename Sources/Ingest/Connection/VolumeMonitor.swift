/// Watches a connection's volume against its own recent past and says when it has fallen.
///
/// The volume of a sample follows the day; a share of it that is gone between two looks does not. The present is the
/// mean of the last `presentSeconds`, the past a moving average with a memory of ten minutes that stands still while
/// the volume is down, so that a lasting fall does not become the new normal within minutes.
public struct VolumeMonitor: Sendable {
    /// What the comparison says.
    public enum Verdict: Hashable, Sendable {
        /// Not enough past yet.
        case learning
        /// Within its usual range.
        case usual
        /// Below `fallenShare` of the past.
        case fallen(presentRate: Double, usualRate: Double)
    }

    /// Seconds that make the present.
    public static let presentSeconds = 30
    /// Seconds before the past is trusted.
    public static let learningSeconds = 120
    /// Seconds after which a lasting fall is taken for the new volume.
    public static let acceptAfterSeconds = 1800
    /// A present below this share of the past has fallen.
    public static let fallenShare = 0.5
    /// Below this many Tweets a second, chance alone would give alarms.
    public static let usualRateMin = 5.0

    private static let memorySeconds = 600.0

    private var recent = [Int](repeating: 0, count: VolumeMonitor.presentSeconds)
    private var recentSum = 0
    private var seconds = 0
    private var usual = 0.0
    private var fallenSeconds = 0

    /// A monitor without a past.
    public init() {}

    /// Tweets a second over the last `presentSeconds`.
    public var presentRate: Double {
        seconds == 0 ? 0 : Double(recentSum) / Double(min(seconds, Self.presentSeconds))
    }

    /// Notes one whole second.
    ///
    /// - Parameter tweets: How many Tweets were read in it.
    public mutating func second(tweets: Int) -> Verdict {
        let slot = seconds % Self.presentSeconds
        recentSum += tweets - recent[slot]
        recent[slot] = tweets
        seconds += 1
        guard seconds > Self.presentSeconds else { return .learning }
        let present = presentRate
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
