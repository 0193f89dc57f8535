import Ingest

/// How fast lines are framed out of chunks as libcurl delivers them.
enum FramerBenchmark {
    static func run(name: String, lines: Lines, chunkBytes: Int = 16 << 10) {
        let framing = Measurement {
            var framer = MessageFramer(lineBytesMax: 1 << 20)
            var found = 0
            lines.bytes.withUnsafeBytes { bytes in
                var start = 0
                while start < bytes.count {
                    let end = min(start + chunkBytes, bytes.count)
                    framer.consume(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) { _, _ in found += 1 }
                    start = end
                }
            }
            precondition(found == lines.ranges.count, "\(found) of \(lines.ranges.count) lines framed")
        }
        Measurement.report(
            "framing in 16 KiB chunks, \(name)",
            figure: Double(lines.bytes.count) / 1e9 / framing.median,
            unit: "GB/s",
            spread: framing,
            floor: nil
        )
    }
}
