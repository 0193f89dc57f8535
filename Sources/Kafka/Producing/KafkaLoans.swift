import Synchronization

/// Memory that records are produced from without being copied: pieces that are filled from front to back, lent record by
/// record, and used again once every loan has come back with its delivery report.
///
/// A copy a record costs more than the copying: librdkafka asks the allocator for every one, on the thread that reads,
/// and gives it back on the thread that polls, and between the two threads' arenas nothing fits anything for long.
///
/// One writer holds a piece at a time (`take`), counts what it lends of it and says so at the end (`retire`); whoever
/// visits the reports gives each loan back (`giveBack`). There is only so much: `take` gives nil while everything is on
/// loan, and then the record has to be copied. So a record that waits long keeps no more than `count` pieces from being
/// used again, whatever its partition's trouble is.
public final class KafkaLoans: Sendable {
    /// How many pieces there are at most, up to 255; each is allocated when it is first needed.
    public let count: Int
    /// The size of each, in bytes.
    public let byteCount: Int

    private let pieces: Pieces
    private let free: Mutex<[Int]>

    /// Memory of which nothing is allocated yet.
    public init(count: Int, byteCount: Int) {
        precondition((1...255).contains(count) && byteCount > 0, "\(count) pieces of \(byteCount) bytes")
        self.count = count
        self.byteCount = byteCount
        pieces = Pieces(count: count, byteCount: byteCount)
        free = Mutex((1...count).reversed())
    }

    /// A piece for one writer; nil while all are in use or on loan.
    ///
    /// - Returns: Its number, from 1, and its bytes, which the writer may fill until it retires the piece.
    public func take() -> (number: Int, bytes: UnsafeMutableRawBufferPointer)? {
        // The last one that came back is the one that is still in the caches.
        free.withLock { free in free.popLast().map { ($0, pieces.bytes($0)) } }
    }

    /// The writer is done with a piece.
    ///
    /// - Parameters:
    ///   - number: The piece's.
    ///   - lent: How many records were produced from it, whether or not their reports have come.
    public func retire(_ number: Int, lent: Int) {
        if pieces.retire(number, lent: lent) { free.withLock { $0.append(number) } }
    }

    /// The report of a record that was produced from a piece has been seen.
    public func giveBack(_ number: Int) {
        if pieces.giveBack(number) { free.withLock { $0.append(number) } }
    }

    /// The memory and the count of loans of each piece.
    ///
    /// Unchecked: a piece's bytes are written by the one writer that took it, and read by librdkafka, which hears of them
    /// from that writer; `starts` is read and changed only under the lock of the list of free pieces.
    private final class Pieces: @unchecked Sendable {
        /// Stands in for the number of loans until the writer tells it, so that reports that are faster find no zero.
        private static var untold: Int { 1 << 32 }

        private let byteCount: Int
        private let count: Int
        private let starts: UnsafeMutablePointer<UnsafeMutableRawPointer?>
        private let loans: UnsafeMutablePointer<Atomic<Int>>

        init(count: Int, byteCount: Int) {
            self.count = count
            self.byteCount = byteCount
            starts = .allocate(capacity: count)
            starts.initialize(repeating: nil, count: count)
            loans = .allocate(capacity: count)
            for index in 0..<count { (loans + index).initialize(to: Atomic(Self.untold)) }
        }

        deinit {
            for index in 0..<count where loans[index].load(ordering: .acquiring) == Self.untold {
                // A producer that ends with records on their way reports none of them, and may still be reading the others.
                starts[index]?.deallocate()
            }
            starts.deallocate()
            loans.deinitialize(count: count)
            loans.deallocate()
        }

        func bytes(_ number: Int) -> UnsafeMutableRawBufferPointer {
            let start = starts[number - 1] ?? .allocate(byteCount: byteCount, alignment: 64)
            starts[number - 1] = start
            return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
        }

        /// Whether no loan is left.
        func retire(_ number: Int, lent: Int) -> Bool { add(lent - Self.untold, to: number) }

        /// Whether no loan is left.
        func giveBack(_ number: Int) -> Bool { add(-1, to: number) }

        private func add(_ change: Int, to number: Int) -> Bool {
            let isOver = loans[number - 1].add(change, ordering: .acquiringAndReleasing).newValue == 0
            if isOver { loans[number - 1].store(Self.untold, ordering: .releasing) }
            return isOver
        }
    }
}
