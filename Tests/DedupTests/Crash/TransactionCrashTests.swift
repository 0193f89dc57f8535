import Testing

@testable import Dedup

@Suite("Exactly once over the model log, through crashes, stalls and take-overs")
struct TransactionCrashTests {
    /// Ticks of 10 ms with faults.
    private static let ticks = 1500

    @Test("tweets hold what the plain rules say, record by record", arguments: Seeds.draw(2))
    func exactlyOnce(seed: UInt64) {
        let world = CrashWorld(seed: seed)
        world.run(ticks: Self.ticks)
        print(
            "seed \(seed): \(world.commits) commits, \(world.aborts) aborts, \(world.rebuilds) rebuilds,",
            "\(world.restores) restores (\(world.blockedRestores) waits), \(world.pendingOffsets) pending offsets,",
            "\(world.forgotten) times offsets expired, \(world.lostAnswers) lost answers, \(world.compacted) compacted, \(world.stalls) stalls,",
            "crashes \(world.crashes.values.reduce(0, +))"
        )
        #expect(world.violations == [], "seed \(seed)")
    }

    @Test("every crash point, and every state that a rule is about, is reached")
    func coverage() {
        var crashes: Set<SimulatedCrashPoint> = []
        var worlds: [CrashWorld] = []
        for seed in 1...10 as ClosedRange<UInt64> {
            let world = CrashWorld(seed: seed)
            world.run(ticks: Self.ticks)
            #expect(world.violations == [], "seed \(seed)")
            crashes.formUnion(world.crashes.keys)
            worlds.append(world)
        }
        #expect(crashes == Set(SimulatedCrashPoint.allCases))
        #expect(worlds.map(\.aborts).reduce(0, +) > 0)
        #expect(worlds.map(\.rebuilds).reduce(0, +) > 0)
        #expect(worlds.map(\.lostAnswers).reduce(0, +) > 0)
        #expect(worlds.map(\.pendingOffsets).reduce(0, +) > 0)
        #expect(worlds.map(\.blockedRestores).reduce(0, +) > 0)
        #expect(worlds.map(\.compacted).reduce(0, +) > 0)
        #expect(worlds.map(\.forgotten).reduce(0, +) > 0)
    }

    @Test("a shell that breaks the rule is found out", arguments: ShellMistake.allCases)
    func mistakes(mistake: ShellMistake) {
        let found = (1...30 as ClosedRange<UInt64>).first { seed in
            let world = CrashWorld(seed: seed, mistake: mistake)
            world.run(ticks: Self.ticks)
            return !world.violations.isEmpty
        }
        print("\(mistake): found by seed \(found.map(String.init) ?? "none")")
        #expect(found != nil)
    }
}
