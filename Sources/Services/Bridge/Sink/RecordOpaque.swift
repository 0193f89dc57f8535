/// What comes back with a delivery report: where its record was counted, packed into one word.
struct RecordOpaque: Hashable {
    /// The topic that a record was meant for.
    enum Kind: UInt8 {
        case raw
        case compliance
        case deadletter
    }

    var kind: Kind
    /// How often it was sent before, after it had been refused.
    var attempt: Int
    var lane: Int
    var slot: Int
    /// The number of the piece of memory that its value was lent from; 0 where it was copied.
    var loan: Int

    init(kind: Kind, attempt: Int = 0, lane: Int, slot: Int, loan: Int = 0) {
        self.kind = kind
        self.attempt = attempt
        self.lane = lane
        self.slot = slot
        self.loan = loan
    }

    init(word: UInt) {
        slot = Int(word & 0xFFFF)
        lane = Int(word >> 16 & 0xFFFF)
        attempt = Int(word >> 32 & 0xF)
        kind = Kind(rawValue: UInt8(word >> 36 & 0xF)) ?? .deadletter
        loan = Int(word >> 40 & 0xFF)
    }

    var word: UInt {
        UInt(slot) | UInt(lane) << 16 | UInt(attempt) << 32 | UInt(kind.rawValue) << 36 | UInt(loan) << 40
    }
}
