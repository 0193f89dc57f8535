import CZlib
import NIOCore
import World

/// One real deflate stream, flushed at awkward places: in the middle of a Tweet, with members that end in one.
final class DeflatingCompressor: StreamCompressor {
    private var encoder: TweetEncoder
    private let deflater = Deflater(level: 1, gzip: true)
    private var pending: [UInt8] = []
    private var isHeld = false
    private var generator: SplitMix64
    private(set) var plainBytes = 0

    /// - Parameter seed: Decides where flushes and member ends come.
    init(encoder: TweetEncoder, seed: UInt64) {
        self.encoder = encoder
        generator = SplitMix64(seed: seed, salt: 0xDEF1)
    }

    var pendingBytes: Int { pending.count }

    func append(_ values: SlotValues) {
        let before = pending.count
        encoder.append(values, to: &pending)
        plainBytes += pending.count - before
    }

    func append(_ line: [UInt8]) {
        pending += line
        plainBytes += line.count
    }

    func take(endsMember: Bool) -> ByteBuffer {
        var output = ByteBuffer()
        let count = pending.count - heldBack()
        pending.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            if endsMember, count > 0 {
                let cut = Int.random(in: 0...count, using: &generator)
                deflater.append(UnsafeRawBufferPointer(rebasing: rest[..<cut]), flush: Z_FINISH, to: &output)
                deflater.reset()
                rest = UnsafeRawBufferPointer(rebasing: rest[cut...])
            }
            deflater.append(rest, flush: Z_SYNC_FLUSH, to: &output)
        }
        pending.removeFirst(count)
        return output
    }

    func finish() -> ByteBuffer {
        var output = ByteBuffer()
        pending.withUnsafeBytes { deflater.append($0, flush: Z_FINISH, to: &output) }
        pending.removeAll()
        return output
    }

    /// Now and then some bytes stay behind, never twice in a row: a client must hold half a line.
    private func heldBack() -> Int {
        guard !isHeld, pending.count > 1, UInt.random(in: 0..<8, using: &generator) == 0 else {
            isHeld = false
            return 0
        }
        isHeld = true
        return Int.random(in: 1...min(pending.count - 1, 2000), using: &generator)
    }
}
