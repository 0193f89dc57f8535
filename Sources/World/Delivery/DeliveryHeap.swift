import Tweets

/// Messages ordered by arrival: a binary heap of 16 bytes an entry.
struct DeliveryHeap: Sendable {
    private struct Entry {
        var arrival: Int64
        /// The ID above the two bits of the content; IDs have 63 bits, and the top one of a snowflake is clear for
        /// decades, so that nothing is lost.
        var packed: UInt64
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    var firstArrival: Int64? { entries.first?.arrival }

    mutating func push(_ arrival: Int64, _ id: TweetID, _ content: Delivery.Content) {
        precondition(id.rawValue >> 62 == 0, "ID \(id) is beyond the simulated decades")
        entries.append(Entry(arrival: arrival, packed: id.rawValue << 2 | content.bits))
        entries.withUnsafeMutableBufferPointer { entries in
            var child = entries.count - 1
            let entry = entries[child]
            while child > 0 {
                let parent = (child - 1) / 2
                guard Self.isBefore(entry, entries[parent]) else { break }
                entries[child] = entries[parent]
                child = parent
            }
            entries[child] = entry
        }
    }

    mutating func popFirst(dueBy now: Int64) -> Delivery? {
        guard let first = entries.first, first.arrival <= now, let last = entries.popLast() else { return nil }
        if !entries.isEmpty { sink(last) }
        guard let id = TweetID(first.packed >> 2) else { preconditionFailure("entry \(first)") }
        return Delivery(arrival: first.arrival, id: id, content: .init(bits: first.packed & 3))
    }

    /// Puts an entry at the root's free place and lets it sink to where it belongs.
    private mutating func sink(_ entry: Entry) {
        entries.withUnsafeMutableBufferPointer { entries in
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < entries.count else { break }
                if child + 1 < entries.count, Self.isBefore(entries[child + 1], entries[child]) { child += 1 }
                guard Self.isBefore(entries[child], entry) else { break }
                entries[parent] = entries[child]
                parent = child
            }
            entries[parent] = entry
        }
    }

    /// Ties are broken by ID, so that the order is the same in every run.
    @inline(__always)
    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.arrival != right.arrival ? left.arrival < right.arrival : left.packed < right.packed
    }
}

extension Delivery.Content {
    fileprivate var bits: UInt64 {
        switch self {
        case .tweet: 0
        case .delete: 1
        case .event: 2
        }
    }

    fileprivate init(bits: UInt64) {
        self =
            switch bits {
            case 0: .tweet
            case 1: .delete
            default: .event
            }
    }
}
