import Testing

@testable import Dedup

@Suite("A hash table of a bucket")
struct HashedTableTests {
    @Test("agrees with a dictionary when entries are taken out again", arguments: Seeds.draw(2))
    func model(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var table = HashedTable()
        var model: [UInt64: UInt64] = [:]
        for _ in 0..<8000 {
            // Few keys, so that runs of neighbours grow and break.
            let key = UInt64.random(in: 0..<400, using: &generator)
            if generator.chance(0.5) {
                let entry = SeenEntry(id: key, isDeleted: generator.chance(0.3))
                #expect(table.set(entry) == (model[key] == nil), "seed \(seed)")
                model[key] = entry.word
            } else {
                #expect(table.remove(key) == (model[key] != nil), "seed \(seed)")
                model[key] = nil
            }
            let probe = UInt64.random(in: 0..<400, using: &generator)
            #expect(table.entry(of: probe).word == model[probe] ?? 0, "seed \(seed)")
        }
        #expect(table.count == model.count)
        var words: [UInt64] = []
        table.visitAll { words.append($0.word) }
        #expect(words.sorted() == model.values.sorted())
    }

    /// At four fifths, linear probing looks at 3 places for a member and 13 for a stranger on average, if keys fall as by
    /// chance; so patterns of IDs must not make it worse than that.
    @Test("no pattern of IDs makes searches longer than chance does", arguments: IDShape.allCases)
    func probes(shape: IDShape) {
        var table = HashedTable()
        let keys = Set(shape.ids(20_000, seed: 3).map { $0 & SeenEntry.keyMask })
        for key in keys { _ = table.set(SeenEntry(id: key, isDeleted: false)) }
        let members = keys.map { table.probes(for: $0) }
        let strangers = keys.lazy.map { $0 ^ 1 << 20 }.filter { !keys.contains($0) }.map { table.probes(for: $0) }
        let mean = Double(members.reduce(0, +)) / Double(members.count)
        #expect(mean < 3.6, "\(shape): \(mean) places for a member")
        #expect((members.max() ?? 0) < 400, "\(shape)")
        guard strangers.count > 1000 else { return }
        let far = Double(strangers.reduce(0, +)) / Double(strangers.count)
        #expect(far < 16, "\(shape): \(far) places for a stranger")
    }

    @Test("takes at most 16 bytes an ID from a few hundred IDs on, whatever their number")
    func price() {
        var part = FreshPart()
        for (index, id) in IDShape.sampled.ids(30_000, seed: 9).enumerated() {
            part.set(SeenEntry(id: id & SeenEntry.keyMask, isDeleted: false))
            guard index > 500, index % 37 == 0 else { continue }
            let price = Double(part.bytes) / Double(part.count)
            // Right after one table became many, each of these is small.
            #expect(price < (index > 8000 ? 16 : 24), "\(price) bytes an ID at \(part.count)")
        }
    }
}
