import CBitMasks

/// Where the structure of a run of blocks stands, one bit a byte, and whether its bytes are allowed.
///
/// The method is that of simdjson's first stage (Langdale and Lemire, "Parsing gigabytes of JSON per second").
struct StructuralIndex {
    /// The structure of 64 bytes; the lowest bit is the first byte.
    struct Block {
        /// Quotes that begin or end a string.
        var quotes: UInt64 = 0
        /// Backslashes that begin an escape.
        var escapes: UInt64 = 0
        /// `{` and `[` outside strings.
        var opens: UInt64 = 0
        /// `}` and `]` outside strings.
        var closes: UInt64 = 0
    }

    /// How many blocks are indexed at a time; a power of two.
    static let blocksMax = 16

    /// Everything before this position has been indexed and checked.
    private(set) var end = 0

    private var blocks = InlineArray<16, Block>(repeating: Block())
    /// Whether the last block ended in a backslash that escapes what follows.
    private var escapeCarry: UInt64 = 0
    /// All ones where the last block ended inside a string.
    private var stringCarry: UInt64 = 0
    private var utf8 = UTF8Validator()
    /// What is wrong with the block at `end`.
    private var defect: UnknownReason?

    /// The block of a position in the run that was indexed last.
    @inline(__always)
    func block(at position: Int) -> Block {
        blocks[(position >> 6) & (Self.blocksMax - 1)]
    }

    /// Indexes the next run of blocks.
    ///
    /// - Returns: What is wrong with the very next block; a defect further on ends the run before it.
    mutating func advance(_ bytes: UnsafeRawBufferPointer) -> UnknownReason? {
        guard defect == nil, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return defect }
        let first = end
        let count = min((bytes.count - first) >> 6, Self.blocksMax)
        guard count > 0 else { return takeLast(bytes) }
        return withUnsafeTemporaryAllocation(of: decahose_block_masks_t.self, capacity: Self.blocksMax) { masks in
            guard let masks = masks.baseAddress else { return nil }
            decahose_run_masks(base + first, count, masks)
            for number in 0..<count {
                guard take(masks[number], bytes) else { return end == first ? defect : nil }
            }
            return nil
        }
    }

    /// Indexes what is left behind the last whole block, filled up with spaces: they are no structure.
    private mutating func takeLast(_ bytes: UnsafeRawBufferPointer) -> UnknownReason? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { block in
            guard let block = block.baseAddress else { return nil }
            block.initialize(repeating: 0x20, count: 64)
            let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
            UnsafeMutableRawBufferPointer(start: block, count: 64).copyMemory(from: rest)
            var masks = decahose_block_masks_t()
            decahose_run_masks(block, 1, &masks)
            return take(masks, bytes) ? nil : defect
        }
    }

    /// Notes the structure of the block at `end`.
    ///
    /// - Returns: False where it holds a defect.
    @inline(__always)
    private mutating func take(_ masks: decahose_block_masks_t, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let escaped = escapedBits(masks.backslashes)
        let quotes = masks.quotes & ~escaped
        var inside = quotes
        inside ^= inside << 1
        inside ^= inside << 2
        inside ^= inside << 4
        inside ^= inside << 8
        inside ^= inside << 16
        inside ^= inside << 32
        inside ^= stringCarry
        stringCarry = UInt64(bitPattern: Int64(bitPattern: inside) >> 63)
        blocks[(end >> 6) & (Self.blocksMax - 1)] = Block(
            quotes: quotes,
            escapes: masks.backslashes & ~escaped,
            opens: masks.opens & ~inside,
            closes: masks.closes & ~inside
        )
        if masks.controls | masks.non_ascii != 0 {
            defect = inspect(bytes, masks, inside: inside)
            guard defect == nil else { return false }
        }
        end += 64
        return true
    }

    /// The bytes that a backslash escapes; of a run of backslashes every second one is itself escaped.
    @inline(__always)
    private mutating func escapedBits(_ backslashes: UInt64) -> UInt64 {
        if backslashes == 0 {
            let escaped = escapeCarry
            escapeCarry = 0
            return escaped
        }
        let odd: UInt64 = 0xAAAA_AAAA_AAAA_AAAA
        let starts = backslashes & ~escapeCarry
        let series = ((starts << 1) | odd) &- starts ^ odd
        let escaped = series ^ (backslashes | escapeCarry)
        escapeCarry = (series & backslashes) >> 63
        return escaped
    }

    /// Checks the bytes of the block at `end` that are not plainly allowed.
    private mutating func inspect(
        _ bytes: UnsafeRawBufferPointer,
        _ masks: decahose_block_masks_t,
        inside: UInt64
    ) -> UnknownReason? {
        guard utf8.check(bytes, block: end, nonASCII: masks.non_ascii) else { return .invalidUTF8 }
        var controls = masks.controls
        while controls != 0 {
            let bit = controls.trailingZeroBitCount
            controls &= controls &- 1
            let byte = bytes[end + bit]
            guard inside & (1 << UInt64(bit)) == 0, byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                return .controlCharacter
            }
        }
        return nil
    }
}
