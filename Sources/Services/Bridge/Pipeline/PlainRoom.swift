import Kafka

/// Where a pipeline inflates to: pieces of the sink's memory, so that a line that lies whole in one can be produced from
/// where it is; or, while all of it is on loan, memory of the pipeline's own, from which lines are copied.
///
/// A piece is filled from front to back, by as many calls as it takes, since a live stream comes a few Tweets at a time.
struct PlainRoom: ~Copyable {
    /// A new piece is taken where less than this is left of the present one, in bytes: more calls of the inflater cost
    /// more than the memory is worth.
    private static let restMin = 32 << 10

    private let loans: KafkaLoans
    private var piece: (number: Int, bytes: UnsafeMutableRawBufferPointer)?
    private var used = 0
    private var lent = 0
    private var spare: UnsafeMutableRawBufferPointer?

    init(_ loans: KafkaLoans) {
        self.loans = loans
    }

    deinit {
        if let piece { loans.retire(piece.number, lent: lent) }
        spare?.deallocate()
    }

    /// Memory for the next plain bytes.
    mutating func next() -> UnsafeMutableRawBufferPointer {
        if let piece, piece.bytes.count - used >= Self.restMin {
            return UnsafeMutableRawBufferPointer(rebasing: piece.bytes[used...])
        }
        leave()
        piece = loans.take()
        if let piece { return piece.bytes }
        let own = spare ?? .allocate(byteCount: loans.byteCount, alignment: 64)
        spare = own
        return own
    }

    /// Bytes have been written to what `next` gave, and are not to be written over.
    mutating func filled(_ bytes: UnsafeRawBufferPointer) {
        if contains(bytes) { used += bytes.count }
    }

    /// The number of the piece that the bytes can be lent from; 0 where they have to be copied.
    func loan(of bytes: UnsafeRawBufferPointer?) -> Int {
        guard let bytes, let piece, contains(bytes) else { return 0 }
        return piece.number
    }

    /// A record was produced from the present piece.
    mutating func countLoan() {
        lent += 1
    }

    /// Gives the present piece up; it is used again once all that was lent of it has come back.
    mutating func leave() {
        if let piece { loans.retire(piece.number, lent: lent) }
        piece = nil
        used = 0
        lent = 0
    }

    private func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, let piece, let first = piece.bytes.baseAddress else { return false }
        let all = UnsafeRawPointer(first)..<UnsafeRawPointer(first + piece.bytes.count)
        return all.contains(start)
    }
}
