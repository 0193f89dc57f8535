import CZlib

/// Compresses as a server of a stream does.
enum Gzip {
    /// One member of all pieces, flushed after each.
    static func member(_ pieces: [[UInt8]]) -> [UInt8] {
        flushed(pieces).flatMap(\.self)
    }

    /// One member, as the bytes that each flush puts on the wire; the last holds the trailer.
    static func flushed(_ pieces: [[UInt8]]) -> [[UInt8]] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer {
            deflateEnd(stream)
            stream.deallocate()
        }
        precondition(decahose_deflate_init(stream, 6, 31, 8) == Z_OK)
        return pieces.enumerated().map { number, piece in
            var input = piece
            var output = [UInt8](repeating: 0, count: piece.count * 2 + 256)
            let capacity = output.count
            let rest = input.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_in = input.baseAddress
                    stream.pointee.avail_in = UInt32(input.count)
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    _ = deflate(stream, number == pieces.count - 1 ? Z_FINISH : Z_SYNC_FLUSH)
                    return Int(stream.pointee.avail_out)
                }
            }
            return Array(output.prefix(capacity - rest))
        }
    }
}
