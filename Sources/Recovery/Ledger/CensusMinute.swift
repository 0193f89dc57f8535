import Tweets

/// A census record, and what it says of silent losses in the form that is asked for at every look.
struct CensusMinute: Sendable {
    let record: CensusRecord
    private let interval: EventInterval
    /// By stream partition: the connections that delivered every Tweet that any connection delivered.
    private let complete: [Int: Set<Substring>]

    init(_ record: CensusRecord) {
        self.record = record
        interval = EventInterval(from: record.minute, to: record.minute + .seconds(60))
        var complete: [Int: Set<Substring>] = [:]
        for row in record.rows where record.valid {
            for (set, count) in row.byConnections where count > 0 && !set.isEmpty {
                let members = Set(set.split(separator: "+"))
                complete[row.stream] = complete[row.stream]?.intersection(members) ?? members
            }
        }
        self.complete = complete
    }

    /// The minute, if others delivered Tweets in it that the connection did not, although it claims all of it.
    ///
    /// A minute that the connection claims only in part says nothing: it need not have delivered all of it.
    func hole(of connection: String, claiming claimed: IntervalSet, stream: StreamPartition) -> EventInterval? {
        guard let complete = complete[stream.number], !complete.contains(connection[...]), claimed.contains(interval)
        else { return nil }
        return interval
    }
}
