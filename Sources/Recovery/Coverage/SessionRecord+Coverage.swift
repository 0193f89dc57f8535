public import Tweets

extension SessionRecord {
    /// Takes over what the session may claim.
    public mutating func take(_ coverage: SessionCoverage) {
        covered = coverage.covered
        clockLead = coverage.clockLead
        holes = coverage.holes
        backfill.creditedFrom = coverage.creditedFrom
        backfill.decided = coverage.isBackfillDecided
    }
}
