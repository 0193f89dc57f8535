import Testing

@testable import Dedup

@Suite("The window of seen IDs")
struct DedupWindowTests {
    @Test("agrees with a dictionary through inserts, marks, removals, freezing and expiry", arguments: Seeds.draw(3))
    func model(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var snowflakes = Snowflakes(seed: seed &+ 1)
        var window = DedupWindow()
        var model: [UInt64: Bool] = [:]
        var known: [UInt64] = []
        var second = 20_000
        for step in 0..<12_000 {
            second += generator.chance(0.5) ? 1 : 0
            let back = generator.chance(0.1) ? Int.random(in: 0..<15_000, using: &generator) : 0
            let isOld = generator.chance(0.3)
            let id = isOld ? known.randomElement(using: &generator) ?? 1 << 42 : snowflakes.id(atSecond: second - back)
            let entry = window.entry(of: id)
            #expect(entry.isKnown == (model[id] != nil), "seed \(seed) step \(step)")
            #expect(entry.isDeleted == (model[id] ?? false), "seed \(seed) step \(step)")
            let isDeleted = generator.chance(0.1)
            window.add(id, isDeleted: isDeleted)
            model[id] = (model[id] ?? false) || isDeleted
            known.append(id)
            if step % 1500 == 0 {
                window.freezeBuckets(before: snowflakes.id(atSecond: second - 2000))
                let line = snowflakes.id(atSecond: second - 14_000)
                window.dropBuckets(before: line)
                model = model.filter { $0.key >> 42 >= line >> 42 }
                known = known.filter { $0 >> 42 >= line >> 42 }
            }
        }
        for (id, isDeleted) in model {
            #expect(window.entry(of: id).isKnown, "seed \(seed)")
            #expect(window.entry(of: id).isDeleted == isDeleted, "seed \(seed)")
        }
        #expect(window.usage.frozenIDs > 1000)
    }

    @Test("a removal shows what is frozen below it again")
    func removal() {
        var snowflakes = Snowflakes(seed: 1)
        let id = snowflakes.id(atSecond: 0)
        var window = DedupWindow()
        window.add(id, isDeleted: false)
        window.freezeBuckets(before: id + 1 << 43)
        window.add(id, isDeleted: true)
        #expect(window.entry(of: id).isDeleted)
        window.removeFresh(id)
        #expect(window.entry(of: id).isKnown)
        #expect(!window.entry(of: id).isDeleted)
    }
}
