import Recovery
import Tweets

/// What the page at `/` is told once a second over `/events`: everything that it shows, bounded whatever the history.
///
/// Times are milliseconds since 1970 and intervals pairs of them, since a program reads it and not a person.
struct DashboardDocument: Encodable {
    struct Session: Encodable {
        var id: String
        var openedAt: Int64
        var updatedAt: Int64
        var tweets: Int64
        var closed: SessionRecord.CloseReason?
        var detail: String?
    }

    struct Connection: Encodable {
        var name: String
        /// Whether a record of a session that is not closed was heard lately.
        var live: Bool
        /// How far its claim lies behind the clock, beyond the delivery slack, in milliseconds.
        var behind: Int64?
        var covered: [[Int64]]
        /// Its newest.
        var session: Session?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(live, forKey: .live)
            try container.encode(behind, forKey: .behind)
            try container.encode(covered, forKey: .covered)
            try container.encodeIfPresent(session, forKey: .session)
        }

        enum CodingKeys: String, CodingKey {
            case name
            case live
            case behind
            case covered
            case session
        }
    }

    struct Stream: Encodable {
        var stream: StreamPartition
        /// From where the timeline is judged, and up to where.
        var from: Int64
        var frontier: Int64
        var connections: [Connection]
        var filled: [[Int64]]
        var missing: [[Int64]]
    }

    struct Gap: Encodable {
        var id: String
        var stream: StreamPartition
        var from: Int64
        var to: Int64
        var state: GapRecord.State
        var source: GapRecord.Source
        var deletes: GapRecord.Deletes
        var received: Int64
        var emitted: Int64?
        var reason: String?
    }

    struct Job: Encodable {
        var id: String
        var stream: String
        var from: Int64
        var to: Int64
        var state: JobRecord.State
        var attempts: Int
        var progress: Double
        var secondsLeft: Double?
        var received: Int64
        var error: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            try container.encode(stream, forKey: .stream)
            try container.encode(from, forKey: .from)
            try container.encode(to, forKey: .to)
            try container.encode(state, forKey: .state)
            try container.encode(attempts, forKey: .attempts)
            try container.encode(progress, forKey: .progress)
            try container.encode(secondsLeft, forKey: .secondsLeft)
            try container.encode(received, forKey: .received)
            try container.encodeIfPresent(error, forKey: .error)
        }

        enum CodingKeys: String, CodingKey {
            case id
            case stream
            case from
            case to
            case state
            case attempts
            case progress
            case secondsLeft
            case received
            case error
        }
    }

    /// The census of one minute and stream partition, over all Kafka partitions.
    struct Minute: Encodable {
        var minute: Int64
        var stream: String
        /// Distinct Tweets by the exact set of connections that delivered them.
        var by: [String: Int]
        /// Distinct Tweets whose first copy came by recovery.
        var recovered: Int
        var valid: Bool
        var reason: String?
    }

    /// The page's longest range.
    static let reach: Duration = .seconds(7 * 86400)
    /// The most intervals of a line of the timeline; where there are more, the newest.
    static let intervalsMax = 1000
    /// The most gaps and jobs that ended; all others are always shown.
    static let endedMax = 50
    /// How many minutes of the census.
    static let minutesMax = 20

    var at: Int64
    var leading: Bool
    var streams: [Stream]
    var gaps: [Gap]
    var jobs: [Job]
    var census: [Minute]
    var liveTweetsPerSecond: Double
    var recoveryTweetsPerSecond: Double
    var unaccounted: Int64

    init(_ view: CoordinatorView) {
        at = view.at.milliseconds
        leading = view.isLeading
        streams = Self.streams(view)
        let told = GapsDocument(view.gaps, jobs: view.jobs, census: view.census).gaps
        gaps = Self.bounded(told, isEnded: { $0.state.isFinal }, order: { $0.to < $1.to }).map(Gap.init)
        jobs = Self.bounded(view.jobs, isEnded: { $0.state.isFinal }, order: { $0.createdAt < $1.createdAt })
            .map { Job($0, at: view.at) }
        census = Self.census(view.census)
        liveTweetsPerSecond = view.liveRate
        recoveryTweetsPerSecond = view.recoveryRate
        unaccounted = StatusDocument(view).unaccounted
    }

    /// Everything that has not ended, and the newest of what has, in order.
    private static func bounded<Item>(
        _ items: [Item],
        isEnded: (Item) -> Bool,
        order: (Item, Item) -> Bool
    ) -> [Item] {
        let ended = items.filter(isEnded).sorted(by: order).suffix(endedMax)
        return (ended + items.filter { !isEnded($0) }).sorted(by: order)
    }

    // MARK: Streams

    private static func streams(_ view: CoordinatorView) -> [Stream] {
        let coverages = Dictionary(view.coverages.map { ($0.stream, $0) }, uniquingKeysWith: { _, last in last })
        let sessions = Dictionary(grouping: view.sessions, by: \.stream)
        return Set(view.live.keys).union(coverages.keys).sorted().map { stream in
            let coverage = coverages[stream]
            return Stream(
                stream: stream,
                from: (coverage?.timeline.from ?? view.at).milliseconds,
                frontier: (coverage?.timeline.to ?? view.at).milliseconds,
                connections: connections(
                    view,
                    sessions: sessions[stream] ?? [],
                    live: Set(view.live[stream] ?? []),
                    coverage: coverage
                ),
                filled: pairs(coverage?.filled, view),
                missing: pairs(coverage?.missing, view)
            )
        }
    }

    private static func connections(
        _ view: CoordinatorView,
        sessions: [SessionRecord],
        live: Set<String>,
        coverage: StreamCoverage?
    ) -> [Connection] {
        let newest = Dictionary(grouping: sessions.filter { $0.updatedAt > view.at - reach }, by: \.connection)
            .compactMapValues { $0.max { $0.session < $1.session } }
        return live.union(newest.keys).sorted().map { name in
            let covered = coverage?.byConnection[name]
            let behind = covered?.last.map { max(.zero, view.at - $0.to - view.slack).milliseconds }
            return Connection(
                name: name,
                live: live.contains(name),
                behind: behind,
                covered: pairs(covered, view),
                session: newest[name].map(Session.init)
            )
        }
    }

    private static func pairs(_ set: IntervalSet?, _ view: CoordinatorView) -> [[Int64]] {
        let window = EventInterval(from: view.at - reach, to: view.at)
        return (set ?? IntervalSet()).intersection(window).intervals.suffix(intervalsMax).map {
            [$0.from.milliseconds, $0.to.milliseconds]
        }
    }

    // MARK: Census

    private struct MinuteKey: Hashable {
        var minute: Instant
        var stream: Int
    }

    private static func census(_ records: [CensusRecord]) -> [Minute] {
        var minutes: [MinuteKey: Minute] = [:]
        let newest = Set(records.map(\.minute)).sorted().suffix(minutesMax)
        guard let oldest = newest.first else { return [] }
        for record in records where record.minute >= oldest {
            for row in record.rows {
                let key = MinuteKey(minute: record.minute, stream: row.stream)
                var minute =
                    minutes[key]
                    ?? Minute(
                        minute: record.minute.milliseconds,
                        stream: row.stream == 0 ? "recovered" : "partition \(row.stream)",
                        by: [:],
                        recovered: 0,
                        valid: true
                    )
                minute.by.merge(row.byConnections.filter { !$0.key.isEmpty }, uniquingKeysWith: +)
                minute.recovered += row.bySource[RecordHeader.Source.recovery.rawValue] ?? 0
                if !record.valid {
                    minute.valid = false
                    minute.reason = record.invalidReason
                }
                minutes[key] = minute
            }
        }
        return minutes.keys.sorted { ($0.minute, $0.stream) < ($1.minute, $1.stream) }.compactMap { minutes[$0] }
    }
}

extension DashboardDocument.Session {
    init(_ record: SessionRecord) {
        self.init(
            id: record.session,
            openedAt: record.serverDate.milliseconds,
            updatedAt: record.updatedAt.milliseconds,
            tweets: record.counters.tweets,
            closed: record.closed,
            detail: record.closedDetail
        )
    }
}

extension DashboardDocument.Gap {
    init(_ gap: GapsDocument.Gap) {
        self.init(
            id: gap.id,
            stream: StreamPartition(product: gap.stream, number: gap.partition),
            from: gap.from.milliseconds,
            to: gap.to.milliseconds,
            state: gap.state,
            source: gap.source,
            deletes: gap.deletes,
            received: gap.jobs.reduce(0) { $0 + $1.received },
            emitted: gap.jobs.compactMap(\.emitted).reduce(nil) { ($0 ?? 0) + $1 },
            reason: gap.reason
        )
    }
}

extension DashboardDocument.Job {
    init(_ job: JobRecord, at now: Instant) {
        self.init(
            id: job.id,
            stream: job.partition.map { "\(job.product.rawValue)/\($0)" } ?? job.product.rawValue,
            from: job.from.milliseconds,
            to: job.to.milliseconds,
            state: job.state,
            attempts: job.attempts,
            progress: job.progress,
            secondsLeft: job.timeLeft(at: now)?.inSeconds,
            received: job.received,
            error: job.error
        )
    }
}
