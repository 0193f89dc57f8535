import Recovery
import Tweets

/// What `/status` of a coordinator answers, and the coordinator's part of `decahose status --json`.
struct StatusDocument: Encodable {
    struct Stream: Encodable {
        var connections: [String]
        /// Up to where some connection covers; nil before the first claim.
        var coveredTo: Instant?
        /// How far that lies behind the coordinator's clock, the delivery slack included.
        var lagSeconds: Double?
    }

    struct Session: Encodable {
        var connection: String
        var stream: StreamPartition
        var session: String
        var host: String
        var covered: EventInterval?
        var updatedAt: Instant
        var closed: SessionRecord.CloseReason?
        var backfill: SessionRecord.Backfill
        var counters: SessionRecord.Counters
        /// Messages of which nothing tells what became of them, those in flight included.
        var unaccounted: Int64
    }

    var role = "coordinator"
    var leading: Bool
    var at: Instant
    /// How many connections are in force, by stream partition.
    var redundancy: [String: Int]
    var streams: [String: Stream]
    /// The newest session of each connection and stream partition.
    var sessions: [Session]
    /// How many gaps there are, by state.
    var gaps: [String: Int]
    /// How many jobs there are, by state.
    var jobs: [String: Int]
    var liveTweetsPerSecond: Double
    var recoveryTweetsPerSecond: Double
    /// How far the upstream's clock is ahead of this host's; 0 where they agree within 5 s.
    var clockSkewSeconds: Double
    /// Over sessions that closed in order, where nothing is in flight any more; of one that died nobody knows what was,
    /// and its time is judged by what it had claimed.
    var unaccounted: Int64

    init(_ view: CoordinatorView) {
        leading = view.isLeading
        at = view.at
        let known = Set(view.live.keys).union(view.coverages.map(\.stream))
        redundancy = Dictionary(uniqueKeysWithValues: known.map { ($0.description, view.live[$0]?.count ?? 0) })
        let coverages = Dictionary(view.coverages.map { ($0.stream, $0) }, uniquingKeysWith: { _, last in last })
        streams = Dictionary(
            uniqueKeysWithValues: known.map { stream in
                let coveredTo = coverages[stream]?.covered.last?.to
                return (
                    stream.description,
                    Stream(
                        connections: view.live[stream] ?? [],
                        coveredTo: coveredTo,
                        lagSeconds: coveredTo.map { (view.at - $0).inSeconds }
                    )
                )
            }
        )
        let newest = Dictionary(grouping: view.sessions) { "\($0.connection) \($0.stream)" }
            .compactMap { $0.value.max { $0.session < $1.session } }
        sessions = newest.sorted { $0.key.text < $1.key.text }.map(Session.init)
        gaps = Self.count(view.gaps.map(\.state.rawValue))
        jobs = Self.count(view.jobs.map(\.state.rawValue))
        liveTweetsPerSecond = view.liveRate
        recoveryTweetsPerSecond = view.recoveryRate
        clockSkewSeconds = view.clockSkew.inSeconds
        unaccounted = view.sessions.filter { $0.closed != nil && $0.closed != .died }.reduce(0) {
            $0 + $1.counters.unaccounted
        }
    }

    private static func count(_ states: [String]) -> [String: Int] {
        states.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

extension StatusDocument.Session {
    init(_ record: SessionRecord) {
        self.init(
            connection: record.connection,
            stream: record.stream,
            session: record.session,
            host: record.host,
            covered: record.covered,
            updatedAt: record.updatedAt,
            closed: record.closed,
            backfill: record.backfill,
            counters: record.counters,
            unaccounted: record.counters.unaccounted
        )
    }
}

extension SessionRecord.Counters {
    /// Invariant 7 for one session; 0 once nothing is in flight.
    var unaccounted: Int64 {
        framed - acknowledged - compliance - deadletter - heartbeats - notices - lost
    }
}
