import CZlib

/// The header of a gzip member (RFC 1952), taken as it comes.
///
/// zlib can do this too, but only together with its own checksum of all that it inflates, which is a third of the work.
struct GzipHeader {
    /// What the next byte belongs to.
    private enum Part {
        /// The ten bytes that every header has.
        case fixed(position: Int)
        case extraLength(position: Int, low: Int)
        case extra(left: Int)
        case name
        case comment
        case checksum(position: Int, low: UInt16)
        case end
    }

    private static let hasChecksum: UInt8 = 2
    private static let hasExtra: UInt8 = 4
    private static let hasName: UInt8 = 8
    private static let hasComment: UInt8 = 16
    private static let reserved: UInt8 = 0xE0

    private var part = Part.fixed(position: 0)
    private var flags: UInt8 = 0
    private var checksum: UInt32 = 0

    /// Whether all of it was taken.
    var isComplete: Bool { if case .end = part { true } else { false } }

    /// Takes one byte of it.
    ///
    /// - Throws: What is wrong with it, in zlib's words.
    mutating func take(_ byte: UInt8) throws(InflateError) {
        if case .checksum(let position, let low) = part {
            try takeChecksum(byte, position: position, low: low)
            return
        }
        checksum = withUnsafePointer(to: byte) { decahose_crc32(checksum, $0, 1) }
        switch part {
        case .fixed(let position): try takeFixed(byte, position: position)
        case .extraLength(0, _): part = .extraLength(position: 1, low: Int(byte))
        case .extraLength(_, let low):
            let length = low | Int(byte) << 8
            part = length > 0 ? .extra(left: length) : after(Self.hasExtra)
        case .extra(1): part = after(Self.hasExtra)
        case .extra(let left): part = .extra(left: left - 1)
        case .name: if byte == 0 { part = after(Self.hasName) }
        case .comment: if byte == 0 { part = after(Self.hasComment) }
        case .checksum, .end: break
        }
    }

    private mutating func takeFixed(_ byte: UInt8, position: Int) throws(InflateError) {
        switch position {
        case 0 where byte != 0x1F, 1 where byte != 0x8B: throw .damaged("incorrect header check")
        case 2 where byte != 8: throw .damaged("unknown compression method")
        case 3 where byte & Self.reserved != 0: throw .damaged("unknown header flags set")
        case 3: flags = byte
        default: break
        }
        part = position < 9 ? .fixed(position: position + 1) : after(0)
    }

    private mutating func takeChecksum(_ byte: UInt8, position: Int, low: UInt16) throws(InflateError) {
        guard position > 0 else {
            part = .checksum(position: 1, low: UInt16(byte))
            return
        }
        guard low | UInt16(byte) << 8 == UInt16(truncatingIfNeeded: checksum) else {
            throw .damaged("header crc mismatch")
        }
        part = .end
    }

    /// What follows the part with this flag; the parts stand in the order of this list.
    private func after(_ flag: UInt8) -> Part {
        if flag < Self.hasExtra, flags & Self.hasExtra != 0 { return .extraLength(position: 0, low: 0) }
        if flag < Self.hasName, flags & Self.hasName != 0 { return .name }
        if flag < Self.hasComment, flags & Self.hasComment != 0 { return .comment }
        return flags & Self.hasChecksum != 0 ? .checksum(position: 0, low: 0) : .end
    }
}
