public import Tweets

/// Counts, for each minute of event time and each stream partition, which connections delivered its Tweets.
struct MinuteTally: Sendable {
    struct Row: Sendable {
        let stream: Int
        /// Tweets by the exact set of connections.
        var byConnections = [Int32](repeating: 0, count: 256)
        /// Tweets by the source of the first copy.
        var bySource = [Int32](repeating: 0, count: 4)

        init(stream: Int) {
            self.stream = stream
        }
    }

    var rows: [Row] = []
    var distrust: String?

    mutating func add(_ amount: Int32, _ entry: SeenEntry) {
        guard let source = entry.source else { return }
        let stream = entry.stream
        let index =
            rows.firstIndex { $0.stream == stream }
            ?? {
                rows.append(Row(stream: stream))
                return rows.count - 1
            }()
        rows[index].byConnections[Int(entry.connections)] += amount
        rows[index].bySource[Int(source.rawValue)] += amount
    }
}

/// The delivery census of one Kafka partition: the minutes of event time that have not settled yet.
public struct DeliveryCensus: Sendable {
    private let settleAfter: Duration
    /// Minutes that began at or before this have copies that were not counted here.
    private let trustedAfter: Instant?
    private var tallies: [Int64: MinuteTally] = [:]
    private var settledThrough: Int64 = .min

    private static let minuteMilliseconds: Int64 = 60_000

    /// A census that starts.
    ///
    /// - Parameters:
    ///   - settleAfter: How far stream time passes a minute's end before it settles.
    ///   - trustedAfter: The stream time of a restored set; nil where nothing was read before.
    init(settleAfter: Duration, trustedAfter: Instant?) {
        self.settleAfter = settleAfter
        self.trustedAfter = trustedAfter
    }

    /// Counts one Tweet's entry in the place of another.
    mutating func replace(_ old: SeenEntry, by new: SeenEntry, id: UInt64) {
        guard old.source != nil || new.source != nil else { return }
        let minute = (Int64(id >> 22) + TweetID.snowflakeEpoch) / Self.minuteMilliseconds
        guard minute > settledThrough else { return }
        tallies[minute, default: MinuteTally()].add(-1, old)
        tallies[minute, default: MinuteTally()].add(1, new)
    }

    mutating func distrust(_ reason: String) {
        for minute in tallies.keys { tallies[minute]?.distrust = reason }
    }

    mutating func forget(through minute: Instant) {
        let number = minute.milliseconds / Self.minuteMilliseconds
        settledThrough = max(settledThrough, number)
        tallies = tallies.filter { $0.key > number }
    }

    /// The records of the minutes that have settled, oldest first; they stay until they are forgotten.
    ///
    /// - Parameters:
    ///   - streamTime: The partition's.
    ///   - kafkaPartition: The partition's number.
    ///   - origins: Knows the connections' names.
    public func settled(
        streamTime: Instant?,
        kafkaPartition: Int,
        origins: OriginReader
    ) -> [CensusRecord] {
        guard let streamTime, !tallies.isEmpty else { return [] }
        // The last minute whose end and the time to settle after it have passed.
        let end = (streamTime - settleAfter).milliseconds / Self.minuteMilliseconds - 1
        let minutes = tallies.keys.filter { $0 <= end }.sorted()
        return minutes.compactMap { minute in
            tallies[minute].map {
                record(minute: minute, tally: $0, kafkaPartition: kafkaPartition, origins: origins)
            }
        }
    }

    private func record(
        minute: Int64,
        tally: MinuteTally,
        kafkaPartition: Int,
        origins: OriginReader
    ) -> CensusRecord {
        let start = Instant(milliseconds: minute * Self.minuteMilliseconds)
        let rows = tally.rows.sorted { $0.stream < $1.stream }.map { row in
            var byConnections: [String: Int] = [:]
            for (bits, count) in row.byConnections.enumerated() where bits > 0 && count > 0 {
                byConnections[origins.names(of: UInt8(bits))] = Int(count)
            }
            var bySource: [String: Int] = [:]
            for source in CopySource.allCases where row.bySource[Int(source.rawValue)] > 0 {
                bySource[source.name] = Int(row.bySource[Int(source.rawValue)])
            }
            return CensusRecord.Row(stream: row.stream, byConnections: byConnections, bySource: bySource)
        }
        var reason = tally.distrust
        if let trustedAfter, start <= trustedAfter {
            reason = "the partition was assigned anew in or after this minute"
        }
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
