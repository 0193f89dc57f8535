import Tweets

/// Finds what a connection lost without a word, from who delivered the Tweets of each minute.
struct CensusHoles {
    /// Minutes of event time that a connection claims and in which others delivered Tweets that it did not.
    ///
    /// A minute that the connection claims only in part says nothing: it need not have delivered all of it.
    static func holes(
        of connection: String,
        claiming claimed: IntervalSet,
        in census: some Sequence<CensusRecord>,
        stream: StreamPartition
    ) -> IntervalSet {
        IntervalSet(
            census.compactMap { record -> EventInterval? in
                guard record.valid else { return nil }
                let minute = EventInterval(from: record.minute, to: record.minute + .seconds(60))
                let missed = record.rows.contains { row in
                    row.stream == stream.number
                        && row.byConnections.contains { set, count in
                            count > 0 && !set.isEmpty && !members(of: set).contains(connection[...])
                        }
                }
                return missed && claimed.contains(minute) ? minute : nil
            }
        )
    }

    private static func members(of set: String) -> [Substring] {
        set.split(separator: "+")
    }
}
