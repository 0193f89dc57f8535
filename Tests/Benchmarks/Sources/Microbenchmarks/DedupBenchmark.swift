import Dedup
import Tweets

/// The exact set: bytes an ID, look-ups, decisions, and restore; the peer is a plain `Set<UInt64>`.
enum DedupBenchmark {
    private static let idCount = 5_000_000
    private static let timing = DedupTiming(
        horizon: .seconds(28 * 3600),
        recoveryWindow: .seconds(24 * 3600),
        deliverySlack: .seconds(120)
    )

    static func run() {
        let ids = sampledIDs()
        let plain = Set(ids)
        precondition(plain.count == ids.count, "the IDs are not distinct")
        lookUps(ids, plain)
        decisions(ids)
        restore(ids)
    }

    /// A sampled stream of 600 a second: a hundred milliseconds of each second, 80 workers, low sequence numbers.
    private static func sampledIDs() -> [UInt64] {
        var state: UInt64 = 1
        func draw() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        var ids: Set<UInt64> = []
        ids.reserveCapacity(idCount)
        var second: UInt64 = 500_000_000
        while ids.count < idCount {
            for _ in 0..<600 where ids.count < idCount {
                let millisecond = second * 1000 + draw() % 100
                ids.insert(millisecond << 22 | (320 + draw() % 80) << 12 | UInt64(draw().trailingZeroBitCount))
            }
            second += 1
        }
        // In order of time to the second, as they come.
        return ids.sorted()
    }

    /// Members and strangers in turn, in an order without locality.
    private static func probes(_ ids: [UInt64]) -> [UInt64] {
        (0..<2_000_000).map { number in
            let id = ids[number &* 7_919_317 % ids.count]
            return number & 1 == 0 ? id : id ^ 1 << 20
        }
    }

    private static func lookUps(_ ids: [UInt64], _ plain: Set<UInt64>) {
        let probes = probes(ids)
        let expected = probes.count { plain.contains($0) }
        let peer = Measurement {
            let found = probes.count { plain.contains($0) }
            precondition(found == expected, "\(found) found")
        }
        for isFrozen in [false, true] {
            var window = DedupWindow()
            for id in ids { window.add(id, isDeleted: false) }
            if isFrozen { window.freezeBuckets(before: UInt64(Int64.max)) }
            let look = Measurement {
                var found = 0
                for probe in probes where window.entry(of: probe).isKnown { found += 1 }
                precondition(found == expected, "\(found) found, not \(expected)")
            }
            let name = isFrozen ? "frozen" : "fresh"
            Measurement.report(
                "dedup look-up, \(name)",
                figure: Double(probes.count) / look.median / 1e6,
                unit: "million/s",
                spread: look,
                floor: ("Set<UInt64>", Double(probes.count) / peer.median / 1e6)
            )
            let usage = window.usage
            precondition(usage.freshIDs + usage.frozenIDs == ids.count, "\(usage)")
            let price = Measurement.rounded(Double(usage.bytes) / Double(ids.count))
            print("dedup memory, \(name)              \(price) bytes an ID, all counted")
        }
    }

    private static func decisions(_ ids: [UInt64]) {
        let tweets = ids.prefix(2_000_000).compactMap { TweetID($0) }
        let first = CopyOrigin(source: .live, connection: 1, stream: 1)
        let second = CopyOrigin(source: .live, connection: 2, stream: 1)
        let decide = Measurement {
            var core = DedupCore(timing: timing)
            for (number, id) in tweets.enumerated() {
                guard let created = id.createdAt else { continue }
                let received = created + .seconds(5)
                for origin in [first, second] {
                    _ = core.decide(RawRecord(id: id, isDelete: false, received: received, origin: origin))
                }
                if number % 1000 == 999 { core.commit() }
            }
            core.commit()
            let counters = core.committed
            precondition(counters.emitted == tweets.count && counters.duplicates == tweets.count, "\(counters)")
        }
        Measurement.report(
            "dedup decision, two copies of each",
            figure: Double(tweets.count * 2) / decide.median / 1e6,
            unit: "million/s",
            spread: decide,
            floor: nil
        )
    }

    private static func restore(_ ids: [UInt64]) {
        // A tenth of a second of one partition each.
        var log: [[UInt8]] = []
        var number: UInt64 = 0
        for start in stride(from: 0, to: ids.count, by: 60) {
            number += 1
            let part = ids[start..<min(start + 60, ids.count)]
            guard let last = part.last.flatMap({ TweetID($0) })?.createdAt else { continue }
            let progress = DedupProgress(streamTime: last, lateLine: last - timing.horizon)
            var record = SeenRecord(number: number, nextOffset: Int64(start), progress: progress)
            record.entries = part.map { SeenRecord.Entry(id: $0, isDeleted: false) }
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            log.append(bytes)
        }
        let size = log.reduce(0) { $0 + $1.count }
        let fold = Measurement(runs: 3) {
            var fold = RestoreFold(timing: timing)
            for (offset, bytes) in log.enumerated() {
                bytes.withUnsafeBytes { fold.add($0, offset: Int64(offset)) }
            }
            guard case .restored(let core, _, _, _) = fold.finish(committed: nil) else {
                preconditionFailure("the restore was refused")
            }
            let usage = core.usage
            precondition(usage.freshIDs + usage.frozenIDs == ids.count, "\(usage)")
        }
        Measurement.report(
            "dedup restore, without Kafka",
            figure: Double(ids.count) / fold.median / 1e6,
            unit: "million IDs/s",
            spread: fold,
            floor: nil
        )
        print("dedup changelog                   \(Measurement.rounded(Double(size) / Double(ids.count))) bytes an ID")
    }
}
