import Glibc
import Ingest
import Tweets

/// How fast the ID scanner reads whole lines; the floor is `memchr` over the same bytes.
enum ScannerBenchmark {
    static func run(name: String, lines: Lines) {
        let scanner = TweetIDScanner()
        let scan = Measurement {
            var number = 0
            lines.bytes.withUnsafeBytes { bytes in
                for range in lines.ranges {
                    let message = scanner.classify(UnsafeRawBufferPointer(rebasing: bytes[range]))
                    guard case .tweet(let id) = message, id.rawValue == lines.ids[number] else {
                        fatalError("\(message) instead of \(lines.ids[number])")
                    }
                    number = number + 1 == lines.ids.count ? 0 : number + 1
                }
            }
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
