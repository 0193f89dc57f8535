import CZlib
import NIOCore

/// One zlib deflate stream.
///
/// Confined to the task that made it. zlib keeps the address of its state, so that lies in an allocation of its own.
final class Deflater {
    private let state: UnsafeMutablePointer<z_stream>

    /// - Parameters:
    ///   - level: 1 is fast, 9 is small.
    ///   - gzip: A gzip member, else bare deflate.
    init(level: Int32, gzip: Bool) {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        let status = decahose_deflate_init(state, level, gzip ? 15 + 16 : -15, 8)
        precondition(status == Z_OK, "deflateInit2: \(status)")
    }

    deinit {
        deflateEnd(state)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Starts anew: the next byte is the first of a member.
    func reset() {
        deflateReset(state)
    }

    /// Compresses bytes and appends what comes out.
    ///
    /// - Parameter flush: One of zlib's `Z_NO_FLUSH`, `Z_SYNC_FLUSH`, `Z_FINISH`.
    func append(_ plain: UnsafeRawBufferPointer, flush: Int32, to output: inout ByteBuffer) {
        let input = plain.bindMemory(to: UInt8.self)
        state.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        state.pointee.avail_in = UInt32(input.count)
        repeat {
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { space in
                state.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                state.pointee.avail_out = UInt32(space.count)
                let status = deflate(state, flush)
                // Z_BUF_ERROR only says that there was nothing left to do.
                precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, "deflate: \(status)")
                return space.count - Int(state.pointee.avail_out)
            }
        } while state.pointee.avail_out == 0
        state.pointee.next_in = nil
    }

    /// Bytes as bare deflate blocks without history, the last of which ends at a byte boundary.
    static func blocks(of plain: [UInt8]) -> [UInt8] {
        let deflater = Deflater(level: 9, gzip: false)
        var output = ByteBuffer()
        plain.withUnsafeBytes { deflater.append($0, flush: Z_SYNC_FLUSH, to: &output) }
        return Array(output.readableBytesView)
    }
}
