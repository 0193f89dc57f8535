import Tweets

/// Records that came back, oldest first, until Kafka has taken them or no topic does.
///
/// While it holds any, nothing new is read: what it holds has left the producer's buffer, so the two together stay within
/// the buffer's limit.
struct HeldRecords {
    private static let pauseMin: Duration = .milliseconds(100)
    private static let pauseMax: Duration = .seconds(10)

    private var records: [RefusedRecord?] = []
    private var head = 0
    private var pause = HeldRecords.pauseMin
    private var nextRound: MonotonicInstant?

    var count: Int { records.count - head }

    var isEmpty: Bool { count == 0 }

    var first: RefusedRecord? { isEmpty ? nil : records[head] }

    mutating func append(_ record: RefusedRecord) {
        records.append(record)
    }

    mutating func removeFirst() {
        // Frees the bytes now; the place goes when all are gone or half are.
        records[head] = nil
        head += 1
        if head == records.count {
            records.removeAll(keepingCapacity: head <= 4096)
            head = 0
        } else if head > 4096, head > records.count / 2 {
            records.removeFirst(head)
            head = 0
        }
    }

    /// Whether a round may be tried.
    func isDue(_ now: MonotonicInstant) -> Bool {
        nextRound.map { now >= $0 } ?? true
    }

    /// Nothing that is sent now would be taken: the next round is later, and the one after it later still.
    ///
    /// Once a round, however many records it was for.
    ///
    /// - Returns: Whether that is new; false where the pause was set already.
    mutating func wait(from now: MonotonicInstant) -> Bool {
        guard isDue(now) else { return false }
        nextRound = now + pause
        pause = min(pause * 2, Self.pauseMax)
        return true
    }

    /// Kafka takes records again.
    mutating func resetPause() {
        pause = Self.pauseMin
        nextRound = nil
    }
}
