/// Where the bytes of structure stand in 64 bytes: one bit a byte, the first byte lowest.
///
/// The method is that of simdjson's first stage (Langdale and Lemire, "Parsing gigabytes of JSON per second"),
/// written for 16-byte vectors without intrinsics.
struct BlockMasks {
    /// `"`, escaped ones too.
    var quotes: UInt64
    /// `\`.
    var backslashes: UInt64
    /// `{` and `[`, inside strings too.
    var opens: UInt64
    /// `}` and `]`, inside strings too.
    var closes: UInt64
    /// Whether any byte is a control character or no ASCII.
    var needsInspection: Bool

    @inline(__always)
    init(_ block: UnsafeRawPointer) {
        let parts = (
            block.loadUnaligned(fromByteOffset: 0, as: SIMD16<UInt8>.self),
            block.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self),
            block.loadUnaligned(fromByteOffset: 32, as: SIMD16<UInt8>.self),
            block.loadUnaligned(fromByteOffset: 48, as: SIMD16<UInt8>.self)
        )
        let quote = SIMD16<UInt8>(repeating: 0x22)
        quotes = bits(parts.0 .== quote, parts.1 .== quote, parts.2 .== quote, parts.3 .== quote)
        let backslash = SIMD16<UInt8>(repeating: 0x5C)
        backslashes = bitsIfAny(
            parts.0 .== backslash,
            parts.1 .== backslash,
            parts.2 .== backslash,
            parts.3 .== backslash
        )
        // '[' and '{', ']' and '}' differ only in bit 5.
        let fold = SIMD16<UInt8>(repeating: 0x20)
        let folded = (parts.0 | fold, parts.1 | fold, parts.2 | fold, parts.3 | fold)
        let open = SIMD16<UInt8>(repeating: 0x7B)
        opens = bitsIfAny(folded.0 .== open, folded.1 .== open, folded.2 .== open, folded.3 .== open)
        let close = SIMD16<UInt8>(repeating: 0x7D)
        closes = bitsIfAny(folded.0 .== close, folded.1 .== close, folded.2 .== close, folded.3 .== close)
        // As signed bytes, both control characters and everything beyond ASCII are below a space.
        let space = SIMD16<Int8>(repeating: 0x20)
        let below =
            (signed(parts.0) .< space) .| (signed(parts.1) .< space) .| (signed(parts.2) .< space)
            .| (signed(parts.3) .< space)
        let words = unsafeBitCast(below, to: SIMD2<UInt64>.self)
        needsInspection = words.x | words.y != 0
    }
}

@inline(__always)
private func signed(_ lanes: SIMD16<UInt8>) -> SIMD16<Int8> {
    SIMD16<Int8>(truncatingIfNeeded: lanes)
}

private typealias Lanes = SIMDMask<SIMD16<Int8>>

@inline(__always)
private func bitsIfAny(_ first: Lanes, _ second: Lanes, _ third: Lanes, _ fourth: Lanes) -> UInt64 {
    let words = unsafeBitCast(first .| second .| third .| fourth, to: SIMD2<UInt64>.self)
    guard words.x | words.y != 0 else { return 0 }
    return bits(first, second, third, fourth)
}

@inline(__always)
private func bits(_ first: Lanes, _ second: Lanes, _ third: Lanes, _ fourth: Lanes) -> UInt64 {
    bits(first) | bits(second) << 16 | bits(third) << 32 | bits(fourth) << 48
}

/// One bit a lane: each half's lanes are 0x00 or 0xFF; one bit of each is kept and the multiplication gathers them.
@inline(__always)
private func bits(_ lanes: Lanes) -> UInt64 {
    let words = unsafeBitCast(lanes, to: SIMD2<UInt64>.self)
    let low = ((words.x & 0x8040_2010_0804_0201) &* 0x0101_0101_0101_0101) >> 56
    let high = ((words.y & 0x8040_2010_0804_0201) &* 0x0101_0101_0101_0101) >> 56
    return low | high << 8
}
