import FuzzSupport
import Ingest
import StreamClient

/// Fuzzes the inflate loop and the framer together: any bytes, cut anywhere, give the same lines as uncut.
@main
enum StreamFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

/// libFuzzer calls it with each input; a trap is a finding.
///
/// The first four bytes say where to cut and whether the rest is
/// plain text for the framer alone or gzip for both.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 4 else { return 0 }
    let header = (bytes[0], bytes[1], bytes[2], bytes[3])
    let stream = Array(UnsafeBufferPointer(start: bytes + 4, count: count - 4))
    let isGzip = header.0 & 1 == 1
    let step = 1 + Int(header.0 >> 1)
    let cut = (Int(header.1) << 8 | Int(header.2)) % (stream.count + 1)
    let whole = Lines(of: [stream[...]], isGzip: isGzip)
    precondition(Lines(of: [stream[..<cut], stream[cut...]], isGzip: isGzip) == whole, "cut at \(cut)")
    let pieces = stride(from: 0, to: stream.count, by: step).map { stream[$0..<min($0 + step, stream.count)] }
    precondition(Lines(of: pieces, isGzip: isGzip) == whole, "in pieces of \(step)")
    if !isGzip {
        let breaks = stream.count { $0 == 0x0A }
        precondition(whole.lines.count == breaks, "\(whole.lines.count) lines out of \(breaks) line breaks")
    }
    return 0
}

/// What a stream is cut into.
private struct Lines: Equatable {
    /// The most plain bytes that are looked at: a few bytes of gzip can say very many.
    private static let plainBytesMax = 64 << 10

    private(set) var lines: [[UInt8]] = []
    private var kinds: [MessageFramer.LineKind] = []
    private var tail = 0
    private var isDamaged = false

    init(of pieces: [ArraySlice<UInt8>], isGzip: Bool) {
        var inflater = isGzip ? Inflater() : nil
        var framer = MessageFramer(lineBytesMax: 8, memoryBytesMax: 64)
        var (lines, kinds): ([[UInt8]], [MessageFramer.LineKind]) = ([], [])
        var plainBytes = 0
        func take(_ plain: UnsafeRawBufferPointer) -> Bool {
            let plain = UnsafeRawBufferPointer(rebasing: plain.prefix(Self.plainBytesMax - plainBytes))
            plainBytes += plain.count
            framer.consume(plain) { line, kind in
                lines.append(Array(line))
                kinds.append(kind)
            }
            return plainBytes < Self.plainBytesMax
        }
        for piece in pieces where !isDamaged && plainBytes < Self.plainBytesMax {
            piece.withUnsafeBytes { bytes in
                do {
                    if try inflater?.inflate(bytes, take) == nil { _ = take(bytes) }
                } catch {
                    isDamaged = true
                }
            }
        }
        tail = framer.endOfStream()
        self.lines = lines
        self.kinds = kinds
    }
}
