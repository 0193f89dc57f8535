import Tweets

/// A recovery job in every answer: of its own, inside its gaps, and on the page at `/`.
struct JobDocument: Encodable {
    var id: String
    var stream: StreamProduct
    var partition: Int?
    var origin: JobRecord.Origin
    var from: Instant
    var to: Instant
    var state: JobRecord.State
    /// Requests made so far.
    var attempts: Int
    var remaining: [EventInterval]
    /// The share of the asked event time that was received and acknowledged, 0 … 1.
    var progress: Double
    /// Up to where the request at work has delivered; nil while none is.
    var reached: Instant?
    /// Seconds until it is done at the pace of the request at work; nil while none is or it has shown no pace.
    var secondsLeft: Double?
    /// Records a second that an operator lets it bring; nil where it has its share of what all jobs may bring.
    var rate: Int?
    /// Messages received over all attempts.
    var received: Int64
    /// Records acknowledged in raw over all attempts.
    var acknowledged: Int64
    /// Tweets that recovery brought first, of the minutes that the job touches; null until dedup's census has told it.
    var emitted: OrNull<Int64>
    /// Stretches in which a message came that no topic takes.
    var lost: [EventInterval]
    var offsets: [Int: SessionRecord.Offsets]
    var gaps: [String]
    var createdAt: Instant
    var startedAt: Instant?
    var finishedAt: Instant?
    var error: String?

    init(_ job: JobRecord, at now: Instant) {
        id = job.id
        stream = job.product
        partition = job.partition
        origin = job.origin
        from = job.from
        to = job.to
        state = job.state
        attempts = job.attempts
        remaining = job.remaining
        progress = job.progress
        reached = job.reached
        secondsLeft = job.timeLeft(at: now)?.inSeconds
        rate = job.rate
        received = job.received
        acknowledged = job.acknowledged
        emitted = OrNull(job.emitted)
        lost = job.lost
        offsets = job.offsets
        gaps = job.gaps
        createdAt = job.createdAt
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        error = job.error
    }
}

/// What `decahose jobs --json` prints and `/jobs` answers.
struct JobsDocument: Encodable {
    var jobs: [JobDocument]

    init(_ jobs: [JobRecord], at now: Instant) {
        self.jobs = jobs.map { JobDocument($0, at: now) }
    }
}

extension JobRecord {
    /// The event time that has not come yet: what is not proven, less what the request at work has brought of it.
    var outstanding: Duration {
        remaining.reduce(.zero) { sum, interval in
            let from = reached.map { interval.from <= $0 ? min($0, interval.to) : interval.from } ?? interval.from
            return sum + (interval.to - from)
        }
    }

    /// The share of the asked event time that was received and acknowledged, 0 … 1.
    var progress: Double {
        let all = range.duration.milliseconds
        return all > 0 ? Double(all - outstanding.milliseconds) / Double(all) : 1
    }

    /// How long it will still take at the pace of the request at work, in event time; nil while there is none or it has
    /// shown no pace, and where its coordinator has told nothing for a minute.
    func timeLeft(at now: Instant) -> Duration? {
        guard state == .running, let pace, pace > 0, now - updatedAt < .seconds(60) else { return nil }
        return .milliseconds(Int64(Double(outstanding.milliseconds) / Double(pace) * 1000))
    }
}
