import CBitMasks
import Testing

/// The masks of 64 bytes, byte by byte.
private func reference(_ block: [UInt8]) -> [UInt64] {
    func bits(_ isMember: (UInt8) -> Bool) -> UInt64 {
        block.enumerated().reduce(0) { $0 | (isMember($1.element) ? 1 << UInt64($1.offset) : 0) }
    }
    return [
        bits { $0 == UInt8(ascii: "\"") }, bits { $0 == UInt8(ascii: "\\") },
        bits { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") },
        bits { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") }, bits { $0 < 0x20 }, bits { $0 >= 0x80 },
    ]
}

private func words(_ masks: decahose_block_masks_t) -> [UInt64] {
    [masks.quotes, masks.backslashes, masks.opens, masks.closes, masks.controls, masks.non_ascii]
}

@Suite("Masks of 64 bytes")
struct BlockMasksTests {
    /// Every byte value at every position, beside its neighbours in value.
    private let blocks: [[UInt8]] = (0..<256).map { first in (0..<64).map { UInt8(truncatingIfNeeded: first + $0) } }

    @Test("without vectors they are what a look at each byte gives")
    func portable() {
        for block in blocks { #expect(words(decahose_block_masks_portable(block)) == reference(block)) }
    }

    @Test("with this machine's vectors they are the same, for runs of any length at any address")
    func vectors() {
        let bytes = blocks.flatMap(\.self)
        for start in [0, 1, 7, 31, 63] {
            let count = (bytes.count - start) / 64
            var masks = [decahose_block_masks_t](repeating: decahose_block_masks_t(), count: count)
            bytes.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return }
                decahose_run_masks(base + start, count, &masks)
            }
            for number in 0..<count {
                let from = start + 64 * number
                #expect(words(masks[number]) == reference(Array(bytes[from..<(from + 64)])))
            }
        }
    }

    #if arch(x86_64)
    @Test("with the vectors of every x86-64 they are the same")
    func sse2() {
        for block in blocks { #expect(words(decahose_block_masks_sse2(block)) == reference(block)) }
    }
    #endif
}
