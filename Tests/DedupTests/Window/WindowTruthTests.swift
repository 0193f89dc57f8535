import Testing

@testable import Dedup

@Suite("The window against plain sets")
struct WindowTruthTests {
    static let count = 10_000

    /// Every ID is asked for before it is added, strangers beside it; now and then some is packed, in small steps.
    @Test("knows what was added and nothing else, while buckets are packed in steps", arguments: IDShape.allCases)
    func stepwise(shape: IDShape) throws {
        let seed = try #require(Seeds.draw(1).first)
        var generator = SplitMix64(seed: seed)
        let ids = shape.ids(Self.count, seed: seed &+ 1)
        var window = DedupWindow()
        var seen: Set<UInt64> = []
        var deleted: Set<UInt64> = []
        for (step, id) in ids.enumerated() {
            let isDeleted = generator.chance(0.05)
            let stranger = id ^ (1 << UInt64.random(in: 0..<40, using: &generator))
            let old = ids[Int.random(in: 0...step, using: &generator)]
            for probe in [id, stranger, old] {
                let entry = window.entry(of: probe)
                #expect(entry.isKnown == seen.contains(probe), "\(shape) seed \(seed) step \(step)")
                #expect(entry.isDeleted == deleted.contains(probe), "\(shape) seed \(seed) step \(step)")
            }
            window.add(id, isDeleted: isDeleted)
            seen.insert(id)
            if isDeleted { deleted.insert(id) }
            if step % 97 == 0 { window.freezeBuckets(before: UInt64(Int64.max), budget: 700) }
        }
        #expect(window.usage.frozenIDs > 0)
        var last: UInt64?
        var visited = 0
        window.visitAll { id, isDeleted in
            #expect(last.map { $0 < id } ?? true)
            #expect(seen.contains(id) && isDeleted == deleted.contains(id), "\(shape) seed \(seed)")
            last = id
            visited += 1
        }
        #expect(visited == seen.count)
    }

    @Test("made at once out of many IDs it is the same as made one by one", arguments: IDShape.allCases)
    func builder(shape: IDShape) throws {
        let seed = try #require(Seeds.draw(1).first)
        var generator = SplitMix64(seed: seed)
        let ids = shape.ids(Self.count, seed: seed &+ 1)
        var builder = WindowBuilder()
        var deleted: [UInt64: Bool] = [:]
        for (step, id) in ids.enumerated() {
            // Some come twice: seen, then deleted; or the other way round, as two runs of a log would have it.
            let id = generator.chance(0.1) ? ids[Int.random(in: 0...step, using: &generator)] : id
            let isDeleted = generator.chance(0.1)
            builder.add(id, isDeleted: isDeleted)
            deleted[id] = (deleted[id] ?? false) || isDeleted
            if step % 3000 == 0 { builder.freezeBuckets(before: id) }
        }
        let sorted = ids.sorted()
        let window = builder.finish(freezingBefore: sorted[sorted.count / 2])
        #expect(window.usage.freshIDs + window.usage.frozenIDs >= deleted.count)
        for (id, isDeleted) in deleted {
            #expect(window.entry(of: id).isKnown, "\(shape) seed \(seed)")
            #expect(window.entry(of: id).isDeleted == isDeleted, "\(shape) seed \(seed)")
        }
        for id in ids.prefix(2000) {
            let stranger = id ^ (1 << UInt64.random(in: 0..<40, using: &generator))
            #expect(window.entry(of: stranger).isKnown == (deleted[stranger] != nil), "\(shape) seed \(seed)")
        }
    }

    @Test("an undo while a bucket is being packed puts back what was there", arguments: Seeds.draw(2))
    func undoWhilePacking(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let ids = IDShape.sampled.ids(12_000, seed: seed &+ 1)
        var window = DedupWindow()
        var deleted: [UInt64: Bool] = [:]
        for (step, id) in ids.enumerated() {
            window.add(id, isDeleted: false)
            deleted[id] = deleted[id] ?? false
            guard step % 50 == 0 else { continue }
            // A transaction that touches the new and the packed, and is undone.
            var journal: [(id: UInt64, before: SeenEntry)] = []
            for _ in 0..<20 {
                let touched =
                    generator.chance(0.3)
                    ? id ^ UInt64.random(in: 1...64, using: &generator)
                    : ids[Int.random(in: 0...step, using: &generator)]
                let known = window.find(touched)
                journal.append((touched, known.isFresh ? known.entry : SeenEntry(word: 0)))
                window.set(SeenEntry(id: touched, isDeleted: true), for: touched)
            }
            for change in journal.reversed() {
                if change.before.isKnown {
                    window.set(change.before, for: change.id)
                } else {
                    window.removeFresh(change.id)
                }
            }
            for change in journal {
                let entry = window.entry(of: change.id)
                #expect(entry.isKnown == (deleted[change.id] != nil), "seed \(seed) step \(step)")
                #expect(!entry.isDeleted, "seed \(seed) step \(step)")
            }
            window.freezeBuckets(before: UInt64(Int64.max), budget: 100)
        }
        #expect(window.usage.frozenIDs > 0)
    }

    @Test("no step of packing does more than its budget and one table")
    func steps() {
        var window = DedupWindow()
        let ids = IDShape.sampled.ids(40_000, seed: 5)
        for id in ids { window.add(id, isDeleted: false) }
        let all = window.usage.freshIDs
        var calls = 0
        while window.usage.freshIDs > 0 {
            window.freezeBuckets(before: UInt64(Int64.max), budget: 500)
            calls += 1
            guard calls < 10_000 else { break }
        }
        // Each of the two buckets shows as fresh until its last step; so the calls tell how small the steps were.
        #expect(window.usage.frozenIDs == all)
        #expect(calls >= all / 1000, "\(calls) calls")
        #expect(calls <= all / 500 * 2 + 200, "\(calls) calls")
    }
}
