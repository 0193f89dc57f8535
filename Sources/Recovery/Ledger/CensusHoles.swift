import Tweets

/// What the delivery census says of silent losses, in the form that is asked for at every look: the minutes by stream
/// partition and by the connections that delivered every Tweet of them that any connection delivered.
///
/// Those sets of connections are few, and the minutes of each lie side by side, so that a week of records is a handful
/// of intervals.
struct CensusHoles: Sendable {
    private struct Group: Sendable {
        /// By minute: how many Kafka partitions say so.
        var told: [Instant: Int] = [:]
        var time = IntervalSet()
    }

    private static let minute: Duration = .seconds(60)

    private var groups: [Int: [Set<Substring>: Group]] = [:]

    /// Takes a record in.
    mutating func add(_ record: CensusRecord) {
        for (stream, complete) in Self.complete(record) {
            var group = groups[stream]?[complete] ?? Group()
            group.told[record.minute, default: 0] += 1
            group.time = group.time.union(EventInterval(from: record.minute, to: record.minute + Self.minute))
            groups[stream, default: [:]][complete] = group
        }
    }

    /// Forgets a record that was taken in before.
    mutating func remove(_ record: CensusRecord) {
        for (stream, complete) in Self.complete(record) {
            guard var group = groups[stream]?[complete], let told = group.told[record.minute] else { continue }
            group.told[record.minute] = told > 1 ? told - 1 : nil
            if told == 1 {
                group.time = group.time.subtracting(
                    EventInterval(from: record.minute, to: record.minute + Self.minute)
                )
            }
            groups[stream]?[complete] = group.told.isEmpty ? nil : group
        }
    }

    /// The minutes in which others delivered Tweets that the connection did not, although it claims all of them.
    ///
    /// A minute that the connection claims only in part says nothing: it need not have delivered all of it.
    func holes(of connection: String, claiming claimed: IntervalSet, stream: StreamPartition) -> IntervalSet {
        guard let groups = groups[stream.number], !groups.isEmpty else { return IntervalSet() }
        let minutes = IntervalSet(
            claimed.intervals.map {
                let from = $0.from.alignedUp(to: Self.minute)
                return EventInterval(from: from, to: max(from, $0.to.alignedDown(to: Self.minute)))
            }
        )
        return groups.reduce(into: IntervalSet()) { holes, group in
            if !group.key.contains(connection[...]) { holes = holes.union(group.value.time.intersection(minutes)) }
        }
    }

    /// By stream partition: the connections that delivered every Tweet of the record.
    private static func complete(_ record: CensusRecord) -> [Int: Set<Substring>] {
        guard record.valid, record.part == nil else { return [:] }
        var complete: [Int: Set<Substring>] = [:]
        for row in record.rows {
            for (set, count) in row.byConnections where count > 0 && !set.isEmpty {
                let members = Set(set.split(separator: "+"))
                complete[row.stream] = complete[row.stream]?.intersection(members) ?? members
            }
        }
        return complete
    }
}
