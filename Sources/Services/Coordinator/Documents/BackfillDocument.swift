import Recovery
import Tweets

/// What `POST /backfill` answers: the jobs in the form of `/jobs`, and what could not be asked for.
struct BackfillDocument: Encodable {
    struct Left: Encodable {
        var from: Instant
        var to: Instant
        var reason: String
    }

    var jobs: [JobDocument]
    var left: [Left]

    init(_ answer: ManualBackfill, at now: Instant) {
        jobs = answer.jobs.map { JobDocument($0, at: now) }
        left = answer.left.map { Left(from: $0.range.from, to: $0.range.to, reason: $0.reason) }
    }
}
