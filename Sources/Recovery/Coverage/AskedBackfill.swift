import Tweets

extension CoverageRule {
    /// The backfill that a session asked for, by its record: never more than can be credited, whatever stands there.
    static func askedTime(of session: SessionRecord) -> Duration {
        .seconds(60 * min(max(0, session.backfill.askedMinutes), backfillSecondsMax / 60))
    }
}
