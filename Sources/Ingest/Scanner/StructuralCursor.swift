/// Walks a line's structure: finds the ends of strings and of nested values, and checks on the way that the bytes are
/// UTF-8 without forbidden control characters.
///
/// A run of blocks of 64 bytes is indexed at a time, ahead of the walk, so that the indexing has no branch that depends
/// on the walk. Positions only move forward. `failure` is set when the walk reaches the first defect, and every function
/// then returns nil or false.
struct StructuralCursor {
    /// The whole line.
    let bytes: UnsafeRawBufferPointer
    /// The next byte to read.
    var position = 0
    /// Why the line is refused.
    private(set) var failure: UnknownReason?
    /// Whether the string that `string` passed last holds an escape.
    private(set) var stringHasEscape = false

    private var index = StructuralIndex()

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
    /// - Returns: Its content, escapes and all; nil where the line ends first or JSON does not know an escape.
    @inline(__always)
    mutating func string() -> Range<Int>? {
        let start = position + 1
        position = start
        stringHasEscape = false
        guard sync() else { return nil }
        while true {
            let block = index.block(at: position)
            let ahead = ~UInt64(0) << UInt64(position & 63)
            let ends = block.quotes & ahead
            // All bits below the closing quote; all bits where there is none.
            let escapes = block.escapes & ahead & (ends &- 1) & ~ends
            if escapes != 0 {
                stringHasEscape = true
                guard areKnown(escapes, block: position & ~63) else { return nil }
            }
            if ends != 0 {
                let end = position & ~63 &+ ends.trailingZeroBitCount
                position = end &+ 1
                return start..<end
            }
            position = (position & ~63) &+ 64
            guard sync() else { return nil }
        }
    }

    /// Whether JSON knows the escapes that begin at these bits of a block.
    private mutating func areKnown(_ starts: UInt64, block: Int) -> Bool {
        var rest = starts
        while rest != 0 {
            let at = block &+ rest.trailingZeroBitCount
            rest &= rest &- 1
            guard JSONText.isEscape(bytes, at: at) else {
                fail(.malformed)
                return false
            }
        }
        return true
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
            let block = index.block(at: position)
            let start = position & ~63
            var brackets = (block.opens | block.closes) & ahead
            while brackets != 0 {
                let bit = brackets.trailingZeroBitCount
                brackets &= brackets &- 1
                let isObject = bytes[start &+ bit] & 0x20 != 0
                if block.opens & (1 << UInt64(bit)) != 0 {
                    guard outerDepth &+ depth < TweetIDScanner.nestingMax else {
                        fail(.tooDeep)
                        return false
                    }
                    kinds.set(depth, isObject)
                    depth &+= 1
                } else {
                    depth &-= 1
                    guard depth >= 0, kinds.get(depth) == isObject else {
                        fail(.malformed)
                        return false
                    }
                    if depth == 0 {
                        position = start &+ bit &+ 1
                        return true
                    }
                }
            }
            position = start &+ 64
            guard sync() else { return false }
            ahead = ~0
        }
    }

    /// Indexes the rest of the line, so that all of it has been checked.
    mutating func finish() -> Bool {
        while failure == nil, index.end < bytes.count { advance() }
        return failure == nil
    }

    /// Indexes up to the block that holds `position`; fails where the line ends before it.
    @inline(__always)
    private mutating func sync() -> Bool {
        while position >= index.end, index.end < bytes.count {
            advance()
            guard failure == nil else { return false }
        }
        guard position < bytes.count else {
            fail(.malformed)
            return false
        }
        return true
    }

    @inline(never)
    private mutating func advance() {
        if let defect = index.advance(bytes) { fail(defect) }
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
