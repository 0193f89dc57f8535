import CMalloc
import Dedup

/// Look-ups in the exact set, and what it costs in memory.
enum DedupLookUps {
    private static let rate = 600
    private static let idCount = 10_000_000
    /// The last of the IDs are fresh, as long as a bucket and the time until it is packed.
    private static let freshCount = rate * (1049 + 1200)

    static func run() {
        let ids = DedupIDs.stream(count: idCount, rate: rate)
        memory(ids)
        let fresh = window(ids) { window in window }
        random("fresh, random", fresh, ids)
        let frozen = window(ids) { window in
            var window = window
            window.freezeBuckets(before: UInt64(Int64.max))
            return window
        }
        random("frozen, random", frozen, ids)
        let lived = window(ids) { window in
            var window = window
            window.freezeBuckets(before: ids[ids.count - freshCount])
            return window
        }
        mixed(lived, ids)
    }

    private static func window(_ ids: [UInt64], _ age: (DedupWindow) -> DedupWindow) -> DedupWindow {
        var window = DedupWindow()
        for id in ids { window.add(id, isDeleted: false) }
        return age(window)
    }

    /// Members and strangers in turn, in an order without locality; a plain set of the same IDs is the peer.
    private static func random(_ name: String, _ window: DedupWindow, _ ids: [UInt64]) {
        let strangers = DedupIDs.strangers(to: ids, count: 1_000_000, from: 0, seed: 5)
        let probes = (0..<2_000_000).map { number in
            number & 1 == 0 ? ids[number &* 7_919_317 % ids.count] : strangers[number &* 7_919_317 % strangers.count]
        }
        let plain = Set(ids)
        let peer = Measurement {
            var found = 0
            for probe in probes where plain.contains(probe) { found += 1 }
            precondition(found == probes.count / 2, "\(found) found")
        }
        measure(name, window, probes, found: probes.count / 2, peer: Double(probes.count) / peer.median / 1e6)
    }

    /// What the stage asks: of 20 look-ups, 9 for first copies, which are strangers; 9 for second copies, half a minute
    /// behind them; one for an old Tweet by a recovery, in the order of time; and one for an old Tweet that is deleted,
    /// in no order.
    private static func mixed(_ window: DedupWindow, _ ids: [UInt64]) {
        let live = ids.count - freshCount + rate * 60
        let count = 1_000_000
        let strangers = DedupIDs.strangers(to: ids, count: count, from: live, seed: 6)
        var probes: [UInt64] = []
        for number in 0..<count {
            probes.append(strangers[number])
            let second = (strangers[number] >> 22) / 1000 - 30
            let place = DedupIDs.lowerBound(ids, (second * 1000) << 22) + number % rate
            probes.append(ids[place])
            guard number % 9 == 0 else { continue }
            probes.append(ids[1_000_000 + number])
            probes.append(ids[number &* 7_919_317 % live])
        }
        measure("as the stage asks", window, probes, found: probes.count - count, peer: nil)
    }

    private static func measure(
        _ name: String,
        _ window: DedupWindow,
        _ probes: [UInt64],
        found expected: Int,
        peer: Double?
    ) {
        let look = Measurement(runs: 7) {
            var found = 0
            for probe in probes where window.entry(of: probe).isKnown { found += 1 }
            precondition(found == expected, "\(found) found, not \(expected)")
        }
        Measurement.report(
            "dedup look-up, \(name)",
            figure: Double(probes.count) / look.median / 1e6,
            unit: "million/s",
            spread: look,
            floor: peer.map { ("Set<UInt64>", $0) }
        )
    }

    // MARK: Memory

    /// Beside what the set says of itself stands what the allocator has given out for it.
    private static func memory(_ ids: [UInt64]) {
        for isFrozen in [false, true] {
            let before = allocated
            var window = DedupWindow()
            for id in ids { window.add(id, isDeleted: false) }
            if isFrozen { window.freezeBuckets(before: UInt64(Int64.max)) }
            let usage = window.usage
            precondition(usage.freshIDs + usage.frozenIDs == ids.count, "\(usage)")
            let truth = Double(allocated - before)
            let price = Measurement.rounded(Double(usage.bytes) / Double(ids.count))
            let name = isFrozen ? "frozen" : "fresh"
            let ratio = Measurement.rounded(Double(usage.bytes) / truth)
            print("dedup memory, \(name)              \(price) bytes an ID; said/allocated \(ratio)")
            // Used here again, so that it was not released before.
            precondition(window.entry(of: ids[0]).isKnown)
        }
    }

    private static var allocated: Int {
        let info = mallinfo2()
        return Int(info.uordblks) + Int(info.hblkhd)
    }
}
