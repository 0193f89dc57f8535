import Recovery
import Tweets

/// What of a view calls for a person.
extension CoordinatorView {
    /// When the oldest time that is missing and may still be asked for leaves the recovery window; nil where none is.
    var gapDeadline: Instant? {
        gaps.filter { !$0.state.isFinal && $0.state != .filled }.compactMap(\.missing.first).map(\.from).min()
            .map { $0 + recoveryWindow }
    }

    /// Event time of a stream partition that is lost for good, what was folded away included.
    func unrecoverable(of coverage: StreamCoverage) -> Duration {
        IntervalSet(gaps.filter { $0.stream == coverage.stream }.flatMap(\.unrecoverable))
            .union(coverage.givenUp)
            .duration
    }

    /// Event time that is lost for good, what was folded away included.
    var lost: LostTime {
        LostTime(gaps: gaps, folded: Dictionary(coverages.map { ($0.stream, $0.givenUp) }, uniquingKeysWith: { $1 }))
    }

    /// Minutes of the last hour whose census is not to be trusted, on any Kafka partition.
    var untrustedMinutes: Int {
        let start = at - .seconds(3600)
        return Set(census.filter { $0.minute >= start && !$0.valid }.map(\.minute)).count
    }
}
