import Tweets

/// The delivery census of one Kafka partition: the minutes of event time that have not settled yet.
struct DeliveryCensus: Sendable {
    private let settleAfter: Int64
    /// The open minutes in order, and the tally of each.
    private var minutes: [Int64] = []
    private var tallies: [MinuteTally] = []
    private var last = 0
    private var settledThrough: Int64

    static let minuteMilliseconds: Int64 = 60_000

    /// A census that starts.
    ///
    /// - Parameters:
    ///   - settleAfter: How far stream time passes a minute's end before it settles.
    ///   - restoredAt: The stream time of a restored set, by which its older minutes were published already; of those up
    ///     to it there are copies that were not counted here. Nil where nothing was read before.
    init(settleAfter: Duration, restoredAt: Instant?) {
        self.settleAfter = settleAfter.milliseconds
        settledThrough = .min
        guard let restoredAt else { return }
        settledThrough = lastSettled(at: restoredAt)
        minutes = Array(settledThrough + 1...restoredAt.milliseconds / Self.minuteMilliseconds)
        tallies = Array(repeating: MinuteTally(), count: minutes.count)
        distrust("the partition was assigned anew in or after this minute")
    }

    /// The minute of an ID's creation, in minutes since 1970.
    @inline(__always)
    static func minute(of id: UInt64) -> Int64 {
        (Int64(truncatingIfNeeded: id &>> 22) &+ TweetID.snowflakeEpoch) / minuteMilliseconds
    }

    /// Counts one Tweet's entry in the place of another.
    @inline(__always)
    mutating func replace(_ old: SeenEntry, by new: SeenEntry, id: UInt64) {
        guard old.source != nil || new.source != nil else { return }
        let minute = Self.minute(of: id)
        guard minute > settledThrough else { return }
        if last >= minutes.count || minutes[last] != minute { find(minute) }
        tallies[last].replace(old, by: new)
    }

    @inline(never)
    private mutating func find(_ minute: Int64) {
        last = minutes.firstIndex { $0 >= minute } ?? minutes.count
        guard last == minutes.count || minutes[last] != minute else { return }
        minutes.insert(minute, at: last)
        tallies.insert(MinuteTally(), at: last)
    }

    /// Makes every open minute worthless, for a reason.
    mutating func distrust(_ reason: String) {
        for index in tallies.indices { tallies[index].distrust = reason }
    }

    /// Forgets what has settled.
    mutating func forgetSettled(at streamTime: Instant) {
        settledThrough = max(settledThrough, lastSettled(at: streamTime))
        guard let first = minutes.first, first <= settledThrough else { return }
        let kept = minutes.firstIndex { $0 > settledThrough } ?? minutes.count
        minutes.removeFirst(kept)
        tallies.removeFirst(kept)
        last = 0
    }

    /// The records of the minutes that have settled, oldest first; they stay until they are forgotten.
    func settled(at streamTime: Instant, kafkaPartition: Int, origins: OriginReader) -> [CensusRecord] {
        let end = lastSettled(at: streamTime)
        return zip(minutes, tallies).prefix { $0.0 <= end }.map { minute, tally in
            record(minute: minute, tally: tally, kafkaPartition: kafkaPartition, origins: origins)
        }
    }

    /// The last minute whose end and the time to settle after it have passed.
    private func lastSettled(at streamTime: Instant) -> Int64 {
        (streamTime.milliseconds - settleAfter) / Self.minuteMilliseconds - 1
    }

    private func record(
        minute: Int64,
        tally: MinuteTally,
        kafkaPartition: Int,
        origins: OriginReader
    ) -> CensusRecord {
        let start = Instant(milliseconds: minute * Self.minuteMilliseconds)
        let rows = tally.streams.indices.sorted { tally.streams[$0] < tally.streams[$1] }.map { row in
            var byConnections: [String: Int] = [:]
            for (connections, count) in tally.byConnections(ofRow: row) where connections > 0 {
                byConnections[origins.names(of: connections)] = count
            }
            var bySource: [String: Int] = [:]
            for source in CopySource.allCases {
                let count = tally.count(ofRow: row, from: source)
                if count > 0 { bySource[source.name] = count }
            }
            return CensusRecord.Row(
                stream: tally.streams[row],
                byConnections: byConnections,
                bySource: bySource
            )
        }
        var reason = tally.distrust
        if origins.hasOverflowed { reason = "more than \(OriginReader.connectionsMax) connections" }
        return CensusRecord(
            minute: start,
            kafkaPartition: kafkaPartition,
            rows: rows,
            valid: reason == nil,
            invalidReason: reason
        )
    }
}
