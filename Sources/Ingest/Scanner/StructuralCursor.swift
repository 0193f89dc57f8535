/// Walks a line's structure block by block: finds the ends of strings and of nested values, and checks on the way that
/// the bytes are UTF-8 without forbidden control characters.
///
/// Positions only move forward. `failure` is set at the first defect and every function then returns nil or false.
struct StructuralCursor {
    /// The whole line.
    let bytes: UnsafeRawBufferPointer
    /// The next byte to read.
    var position = 0
    /// Why the line is refused.
    private(set) var failure: UnknownReason?
    /// Whether the string that `closingQuote` passed last holds an escape.
    private(set) var stringHasEscape = false

    /// End of the blocks that were indexed; the present block is the 64 bytes before it.
    private var indexed = 0
    /// Quotes of the present block that begin or end a string.
    private var quotes: UInt64 = 0
    private var backslashes: UInt64 = 0
    /// Brackets of the present block that stand outside strings.
    private var opens: UInt64 = 0
    private var closes: UInt64 = 0
    private var escapeCarry: UInt64 = 0
    /// All ones where the present block ended inside a string.
    private var stringCarry: UInt64 = 0
    private var utf8 = UTF8Validator()

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Marks the line as refused; the first reason stays.
    mutating func fail(_ reason: UnknownReason) {
        if failure == nil { failure = reason }
    }

    /// The next byte that is no white space, which stays unread; nil at the end of the line.
    @inline(__always)
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return byte }
            position += 1
        }
        return nil
    }

    /// Reads `byte` after white space; fails as malformed where something else stands.
    @inline(__always)
    mutating func expect(_ byte: UInt8) -> Bool {
        guard peek() == byte else {
            fail(.malformed)
            return false
        }
        position += 1
        return true
    }

    /// Reads a string whose opening quote is the next byte.
    ///
    /// - Returns: Its content, escapes and all; nil where the line ends first.
    @inline(__always)
    mutating func string() -> Range<Int>? {
        let start = position + 1
        position = start
        stringHasEscape = false
        guard sync() else { return nil }
        while true {
            let ahead = ~UInt64(0) << UInt64(position & 63)
            let ends = quotes & ahead
            if ends != 0 {
                let bit = UInt64(ends.trailingZeroBitCount)
                if backslashes & ahead & ((1 << bit) &- 1) != 0 { stringHasEscape = true }
                let end = (indexed - 64) + Int(bit)
                position = end + 1
                return start..<end
            }
            if backslashes & ahead != 0 { stringHasEscape = true }
            guard indexed < bytes.count else {
                fail(.malformed)
                return nil
            }
            guard index() else { return nil }
            position = indexed - 64
        }
    }

    /// Passes over an object or array whose opening bracket is the next byte, checking that the brackets match.
    ///
    /// - Parameter depth: How many objects and arrays are open around it.
    mutating func skipContainer(depth outerDepth: Int) -> Bool {
        guard sync() else { return false }
        var kinds = BracketStack()
        var depth = 0
        var ahead = ~UInt64(0) << UInt64(position & 63)
        while true {
            var brackets = (opens | closes) & ahead
            while brackets != 0 {
                let bit = brackets.trailingZeroBitCount
                brackets &= brackets &- 1
                let at = (indexed - 64) + bit
                let isObject = bytes[at] & 0x20 != 0
                if opens & (1 << UInt64(bit)) != 0 {
                    guard outerDepth + depth < TweetIDScanner.nestingMax else {
                        fail(.tooDeep)
                        return false
                    }
                    kinds.set(depth, isObject)
                    depth += 1
                } else {
                    depth -= 1
                    guard kinds.get(depth) == isObject else {
                        fail(.malformed)
                        return false
                    }
                    if depth == 0 {
                        position = at + 1
                        return true
                    }
                }
            }
            guard indexed < bytes.count else {
                fail(.malformed)
                return false
            }
            guard index() else { return false }
            ahead = ~0
        }
    }

    /// Indexes the rest of the line, so that all of it has been checked.
    mutating func finish() -> Bool {
        while indexed < bytes.count {
            guard index() else { return false }
        }
        return failure == nil
    }

    /// Indexes up to the block that holds `position`.
    @inline(__always)
    private mutating func sync() -> Bool {
        while indexed <= position, indexed < bytes.count {
            guard index() else { return false }
        }
        guard position < bytes.count else {
            fail(.malformed)
            return false
        }
        return true
    }

    /// Indexes the next 64 bytes.
    private mutating func index() -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let start = indexed
        if start + 64 <= bytes.count {
            return take(BlockMasks(base + start), start: start)
        }
        // The last block is filled up with spaces, which are no structure.
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { block in
            block.initializeMemory(as: UInt8.self, repeating: 0x20)
            block.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
            guard let padded = block.baseAddress else { return false }
            return take(BlockMasks(UnsafeRawPointer(padded)), start: start)
        }
    }

    @inline(__always)
    private mutating func take(_ masks: BlockMasks, start: Int) -> Bool {
        let escaped = escapedBits(masks.backslashes)
        backslashes = masks.backslashes
        quotes = masks.quotes & ~escaped
        var inside = quotes
        inside ^= inside << 1
        inside ^= inside << 2
        inside ^= inside << 4
        inside ^= inside << 8
        inside ^= inside << 16
        inside ^= inside << 32
        inside ^= stringCarry
        stringCarry = UInt64(bitPattern: Int64(bitPattern: inside) >> 63)
        opens = masks.opens & ~inside
        closes = masks.closes & ~inside
        indexed = start + 64
        return masks.needsInspection ? inspect(start: start, inside: inside) : true
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

    private mutating func inspect(start: Int, inside: UInt64) -> Bool {
        let end = min(start + 64, bytes.count)
        guard utf8.check(bytes, from: start, to: end) else {
            fail(.invalidUTF8)
            return false
        }
        for offset in start..<end where bytes[offset] < 0x20 {
            let byte = bytes[offset]
            let isInside = inside & (1 << UInt64(offset - start)) != 0
            guard !isInside, byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                fail(.controlCharacter)
                return false
            }
        }
        return true
    }
}

/// Which of the open brackets are objects, one bit each.
private struct BracketStack {
    private var words = InlineArray<16, UInt64>(repeating: 0)

    @inline(__always)
    mutating func set(_ depth: Int, _ isObject: Bool) {
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { words[depth >> 6] |= bit } else { words[depth >> 6] &= ~bit }
    }

    @inline(__always)
    func get(_ depth: Int) -> Bool {
        words[depth >> 6] & (1 << UInt64(depth & 63)) != 0
    }
}
