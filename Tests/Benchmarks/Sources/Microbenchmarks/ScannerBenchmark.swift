import Glibc
import Ingest
import Tweets

/// How fast the ID scanner reads whole lines; the floor is `memchr` over the same bytes.
enum ScannerBenchmark {
    static func run(name: String, lines: Lines) {
        let scanner = TweetIDScanner()
        let scan = Measurement {
            var tweets = 0
            lines.bytes.withUnsafeBytes { bytes in
                for range in lines.ranges {
                    if case .tweet = scanner.classify(UnsafeRawBufferPointer(rebasing: bytes[range])) { tweets += 1 }
                }
            }
            precondition(tweets == lines.ranges.count, "\(tweets) of \(lines.ranges.count) lines are Tweets")
        }
        let floor = Measurement {
            var found = 0
            lines.bytes.withUnsafeBytes { bytes in
                guard var base = bytes.baseAddress else { return }
                var rest = bytes.count
                while let hit = memchr(base, 0x0A, rest) {
                    found += 1
                    let next = UnsafeRawPointer(hit) + 1
                    rest -= next - base
                    base = next
                }
            }
            precondition(found == lines.ranges.count, "\(found) of \(lines.ranges.count) lines found")
        }
        let gigabytes = Double(lines.bytes.count) / 1e9
        Measurement.report(
            "ID scan, \(name)",
            figure: gigabytes / scan.median,
            unit: "GB/s",
            spread: scan,
            floor: ("memchr", gigabytes / floor.median)
        )
    }
}
