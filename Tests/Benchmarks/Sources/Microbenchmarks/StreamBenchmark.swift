import GzipMember
import Ingest
import StreamClient
import Tweets

/// How fast a compressed stream becomes Tweet IDs: inflate, frame and scan, beside inflate alone.
enum StreamBenchmark {
    /// What libcurl delivers at a time, in bytes.
    private static let chunkBytes = 16 << 10

    static func run(name: String, lines: Lines) {
        let repeats = lines.bytes.count / lines.bytesOnce
        let member = compressed(lines)
        let stream = Array(repeatElement(member, count: repeats).joined())
        let alone = Measurement {
            var plainBytes = 0
            inflate(stream) { plainBytes += $0.count }
            precondition(plainBytes == lines.bytes.count, "\(plainBytes) of \(lines.bytes.count) bytes inflated")
        }
        let scanner = TweetIDScanner()
        let together = Measurement {
            var framer = MessageFramer(lineBytesMax: 1 << 20)
            var number = 0
            inflate(stream) { plain in
                framer.consume(plain) { line, _ in
                    guard case .tweet(let id) = scanner.classify(line),
                        id.rawValue == lines.ids[number % lines.ids.count]
                    else { fatalError("line \(number) was not read right") }
                    number += 1
                }
            }
            precondition(number == lines.ranges.count, "\(number) of \(lines.ranges.count) lines")
        }
        let count = Double(lines.ranges.count)
        Measurement.report(
            "inflate, frame, scan, \(name)",
            figure: count / together.median,
            unit: "lines/s",
            spread: together,
            floor: ("inflate alone", count / alone.median)
        )
    }

    private static func inflate(_ stream: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        var inflater = Inflater()
        stream.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
                let chunk = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + chunkBytes, bytes.count)])
                do {
                    _ = try inflater.inflate(chunk) { plain in
                        body(plain)
                        return true
                    }
                } catch {
                    fatalError("\(error)")
                }
            }
        }
    }

    /// One pass over the file as a gzip member, flushed as often as a live stream is.
    private static func compressed(_ lines: Lines) -> [UInt8] {
        let size = gzip_member_bound(lines.bytesOnce)
        return [UInt8](unsafeUninitializedCapacity: size) { output, count in
            count = gzip_member(lines.bytes, lines.bytesOnce, 16 << 10, output.baseAddress, size)
            precondition(count > 0, "zlib could not compress \(lines.bytesOnce) bytes")
        }
    }
}
