import Tweets

/// What `decahose jobs --json` prints and `/jobs` answers.
struct JobsDocument: Encodable {
    struct Job: Encodable {
        var id: String
        var stream: StreamProduct
        var partition: Int?
        var origin: JobRecord.Origin
        var from: Instant
        var to: Instant
        var state: JobRecord.State
        var attempts: Int
        var remaining: [EventInterval]
        /// The share of the asked event time that was received and acknowledged, 0 … 1.
        var progress: Double
        /// Seconds until it is done at its pace so far; nil while it does not run or has shown no pace.
        var secondsLeft: Double?
        var received: Int64
        var acknowledged: Int64
        var offsets: [Int: SessionRecord.Offsets]
        var gaps: [String]
        var createdAt: Instant
        var startedAt: Instant?
        var finishedAt: Instant?
        var error: String?
    }

    var jobs: [Job]

    init(_ jobs: [JobRecord], at now: Instant) {
        self.jobs = jobs.map { job in
            Job(
                id: job.id,
                stream: job.product,
                partition: job.partition,
                origin: job.origin,
                from: job.from,
                to: job.to,
                state: job.state,
                attempts: job.attempts,
                remaining: job.remaining,
                progress: job.progress,
                secondsLeft: job.timeLeft(at: now)?.inSeconds,
                received: job.received,
                acknowledged: job.acknowledged,
                offsets: job.offsets,
                gaps: job.gaps,
                createdAt: job.createdAt,
                startedAt: job.startedAt,
                finishedAt: job.finishedAt,
                error: job.error
            )
        }
    }
}

extension JobRecord {
    /// The share of the asked event time that was received and acknowledged, 0 … 1.
    var progress: Double {
        let all = range.duration.milliseconds
        let left = remaining.reduce(0) { $0 + $1.duration.milliseconds }
        return all > 0 ? Double(all - left) / Double(all) : 1
    }

    /// How long it will still take at its pace so far, in event time; nil while it does not run or has shown no pace.
    func timeLeft(at now: Instant) -> Duration? {
        guard state == .running, let startedAt, progress > 0, now > startedAt else { return nil }
        return (now - startedAt) * ((1 - progress) / progress)
    }
}
