/// Numbers of one bit width, packed without gaps.
struct PackedNumbers: Sendable {
    let width: Int
    private var words: [UInt64]
    private var used = 0

    /// Room for `count` numbers of `width` bits, 0 … 57.
    init(width: Int, count: Int) {
        precondition((0...57).contains(width), "packed numbers of \(width) bits")
        self.width = width
        words = [UInt64](repeating: 0, count: width == 0 ? 0 : (width * count + 63) / 64 + 1)
    }

    /// Memory in bytes, the array's header included.
    var bytes: Int { words.capacity == 0 ? 0 : words.capacity * 8 + 32 }

    mutating func append(_ number: UInt64) {
        defer { used += 1 }
        guard width > 0 else { return }
        let bit = used * width
        let shift = UInt64(bit & 63)
        words[bit >> 6] |= number << shift
        if shift > 0 { words[bit >> 6 + 1] |= number >> (64 - shift) }
    }

    @inline(__always)
    subscript(index: Int) -> UInt64 {
        guard width > 0 else { return 0 }
        let bit = index &* width
        let shift = UInt64(truncatingIfNeeded: bit & 63)
        let low = words[bit >> 6] &>> shift
        let high = shift == 0 ? 0 : words[bit >> 6 &+ 1] &<< (64 &- shift)
        return (low | high) & (1 &<< UInt64(truncatingIfNeeded: width) &- 1)
    }
}
