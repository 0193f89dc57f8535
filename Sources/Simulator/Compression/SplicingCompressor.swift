import CZlib
import NIOCore
import World

/// Joins blocks that were deflated once: many times faster than deflating, and still valid gzip.
final class SplicingCompressor: StreamCompressor {
    private static let storedBytesMax = 65535

    private var encoder: TweetEncoder
    private let templates: [SplicedTemplate]
    private var output = ByteBuffer()
    private var scratch: [UInt8] = []
    private var isOpen = false
    private var endsMemberInTweet = false
    private var checksum: UInt = 0
    private var memberBytes = 0
    private(set) var plainBytes = 0

    /// - Parameter templates: Those of the encoder, in its order.
    init(encoder: TweetEncoder, templates: [SplicedTemplate]) {
        self.encoder = encoder
        self.templates = templates
    }

    var pendingBytes: Int { output.readableBytes }

    func append(_ values: SlotValues) {
        let number = encoder.template(of: values.id)
        for part in templates[number].parts {
            openMember()
            switch part {
            case .blocks(let blocks):
                templates[number].deflated.withUnsafeBytes { bytes in
                    _ = output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[blocks.range]))
                }
                checksum = crc32_combine_op(checksum, blocks.checksum, blocks.combination)
                memberBytes += blocks.byteCount
                plainBytes += blocks.byteCount
            case .stored(let pieces):
                fillScratch(pieces, values, constants: templates[number].template.constants)
                scratch.withUnsafeBytes { store($0) }
                if endsMemberInTweet { closeMember() }
            }
        }
    }

    func append(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                openMember()
                let count = min(rest.count, Self.storedBytesMax)
                store(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    func take(endsMember: Bool) -> ByteBuffer {
        // The member ends in the middle of the next Tweet.
        endsMemberInTweet = endsMemberInTweet || endsMember
        var taken = ByteBuffer()
        swap(&taken, &output)
        output.reserveCapacity(taken.readableBytes)
        return taken
    }

    func finish() -> ByteBuffer {
        closeMember()
        return take(endsMember: false)
    }

    private func fillScratch(_ pieces: [TweetTemplate.Piece], _ values: SlotValues, constants: [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        for piece in pieces {
            switch piece {
            case .constant(let range):
                constants.withUnsafeBytes { scratch.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range])) }
            case .slot(let slot):
                encoder.withSlot(slot, values) { scratch.append(contentsOf: $0) }
            }
        }
    }

    /// Writes a stored block of at most 65,535 bytes (RFC 1951, 3.2.4); every block before it ended at a byte boundary.
    private func store(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= Self.storedBytesMax, "a stored block of \(bytes.count) bytes")
        let count = UInt16(bytes.count)
        output.writeInteger(0 as UInt8)
        output.writeInteger(count, endianness: .little)
        output.writeInteger(~count, endianness: .little)
        output.writeBytes(bytes)
        checksum = crc32(checksum, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(bytes.count))
        memberBytes += bytes.count
        plainBytes += bytes.count
    }

    private func openMember() {
        guard !isOpen else { return }
        isOpen = true
        // RFC 1952, 2.3: no name, no time, an unknown system.
        output.writeBytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
    }

    private func closeMember() {
        guard isOpen else { return }
        // An empty stored block that says it is the last, then the check sum and the length.
        output.writeBytes([1, 0, 0, 0xFF, 0xFF])
        output.writeInteger(UInt32(truncatingIfNeeded: checksum), endianness: .little)
        output.writeInteger(UInt32(truncatingIfNeeded: memberBytes), endianness: .little)
        checksum = 0
        memberBytes = 0
        isOpen = false
        endsMemberInTweet = false
    }
}
