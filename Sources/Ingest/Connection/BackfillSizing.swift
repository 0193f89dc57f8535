public import Tweets

/// How many minutes of backfill a reconnect asks for.
public enum BackfillSizing {
    /// What is asked beyond the right end, because clocks differ.
    public static let margin: Duration = .seconds(10)

    /// The minutes from the last covered moment to now, rounded up, within 1 … `limit`.
    ///
    /// More than is needed only makes duplicates; where the hole is longer than `limit`, a recovery job fills the rest.
    ///
    /// - Parameters:
    ///   - now: The present, by the server's clock where it is known.
    ///   - rightEnd: The last moment that was covered, which already holds the delivery slack; nil where none is known.
    ///   - isFirstStart: Whether nobody has ever read the stream partition: then there is nothing to catch up with, and
    ///     one minute shows that backfill works. Otherwise a right end that is not known is too long ago.
    ///   - limit: The most that the dialect allows.
    public static func minutes(now: Instant, rightEnd: Instant?, isFirstStart: Bool, limit: Int) -> Int {
        guard let rightEnd else { return isFirstStart ? 1 : limit }
        let missing = (now - rightEnd + margin).milliseconds
        let minutes = (missing + 59_999) / 60_000
        return Int(min(max(minutes, 1), Int64(limit)))
    }
}
