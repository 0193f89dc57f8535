import NIOCore
import World

/// No compression, for v2 clients that do not ask for it.
final class PlainCompressor: StreamCompressor {
    private var encoder: TweetEncoder
    private var pending: [UInt8] = []
    private(set) var plainBytes = 0

    init(encoder: TweetEncoder) {
        self.encoder = encoder
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
        defer { pending.removeAll(keepingCapacity: true) }
        return ByteBuffer(bytes: pending)
    }

    func finish() -> ByteBuffer { take(endsMember: true) }
}
