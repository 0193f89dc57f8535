import Kafka

/// Counts refusals from the first one until all refused records have a place, so that the log says it twice and not once
/// a record.
struct RefusalEpisode {
    private var refused = 0
    private var lost = 0
    private var lastCode: KafkaErrorCode?

    /// Counts a refused record.
    ///
    /// - Returns: Whether it says something new.
    mutating func count(_ code: KafkaErrorCode) -> Bool {
        refused += 1
        defer { lastCode = code }
        return lastCode != code
    }

    /// Counts a record that no topic took.
    ///
    /// - Returns: Whether it is the first.
    mutating func countLoss() -> Bool {
        lost += 1
        return lost == 1
    }

    /// Ends it.
    ///
    /// - Returns: The counts; nil where there was none.
    mutating func end() -> (refused: Int, lost: Int)? {
        guard refused > 0 else { return nil }
        defer { self = RefusalEpisode() }
        return (refused, lost)
    }
}
