import Recovery
import Tweets

/// What the page at `/` is told once a second over `/events`: everything that it shows, bounded whatever the history.
///
/// The timelines are pairs of milliseconds since 1970, since there are many of them and a program reads them; gaps and
/// jobs have the form of `/gaps` and `/jobs`.
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
        var behind: OrNull<Int64>
        var covered: [[Int64]]
        /// Its newest.
        var session: Session?
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
    var gaps: [GapDocument]
    var jobs: [JobDocument]
    var census: [Minute]
    var liveTweetsPerSecond: Double
    var recoveryTweetsPerSecond: Double
    var unaccounted: Int64

    init(_ view: CoordinatorView) {
        at = view.at.milliseconds
        leading = view.isLeading
        streams = Self.streams(view)
        let told = Self.bounded(view.gaps, isEnded: { $0.state.isFinal }, order: { $0.to < $1.to })
        gaps = GapDocument.all(told, jobs: view.jobs, at: view.at)
        jobs = Self.bounded(view.jobs, isEnded: { $0.state.isFinal }, order: { $0.createdAt < $1.createdAt })
            .map { JobDocument($0, at: view.at) }
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
                behind: OrNull(behind),
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
