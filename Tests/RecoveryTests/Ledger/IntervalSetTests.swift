import Recovery
import Testing
import Tweets

@Suite("Interval algebra against a grid of milliseconds")
struct IntervalSetTests {
    static let width = 240

    /// The same set, a flag for each millisecond.
    struct Grid: Equatable {
        var flags = [Bool](repeating: false, count: IntervalSetTests.width)

        init(_ intervals: [EventInterval]) {
            for interval in intervals where !interval.isEmpty {
                for moment in interval.from.milliseconds..<interval.to.milliseconds { flags[Int(moment)] = true }
            }
        }

        init(_ set: IntervalSet) {
            self.init(set.intervals)
        }

        init(_ left: Grid, _ right: Grid, _ combine: (Bool, Bool) -> Bool) {
            flags = zip(left.flags, right.flags).map(combine)
        }
    }

    static func intervals(_ generator: inout SplitMix64) -> [EventInterval] {
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            let from = Int64.random(in: 0..<Int64(width), using: &generator)
            let length = Int64.random(in: -2...30, using: &generator)
            return EventInterval(
                from: Instant(milliseconds: from),
                to: Instant(milliseconds: min(Int64(width), from + length))
            )
        }
    }

    static func isNormal(_ set: IntervalSet) -> Bool {
        set.intervals.allSatisfy { !$0.isEmpty }
            && zip(set.intervals, set.intervals.dropFirst()).allSatisfy { $0.to < $1.from }
    }

    @Test("every operation gives what the grid gives, in the fewest intervals", arguments: Seeds.draw(20))
    func operations(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let (a, b) = (Self.intervals(&generator), Self.intervals(&generator))
            let (left, right) = (IntervalSet(a), IntervalSet(b))
            let (leftGrid, rightGrid) = (Grid(a), Grid(b))
            let results: [(IntervalSet, Grid)] = [
                (left, leftGrid),
                (left.union(right), Grid(leftGrid, rightGrid) { $0 || $1 }),
                (left.intersection(right), Grid(leftGrid, rightGrid) { $0 && $1 }),
                (left.subtracting(right), Grid(leftGrid, rightGrid) { $0 && !$1 }),
            ]
            for (set, grid) in results {
                #expect(Grid(set) == grid, "seed \(seed)")
                #expect(Self.isNormal(set), "seed \(seed): \(set)")
                #expect(set.duration == .milliseconds(grid.flags.count { $0 }), "seed \(seed)")
            }
        }
    }

    @Test("membership is what the grid says", arguments: Seeds.draw(10))
    func membership(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let intervals = Self.intervals(&generator)
            let (set, grid) = (IntervalSet(intervals), Grid(intervals))
            for moment in 0..<Self.width {
                #expect(set.contains(Instant(milliseconds: Int64(moment))) == grid.flags[moment], "seed \(seed)")
            }
            for probe in Self.intervals(&generator) where !probe.isEmpty {
                let part = grid.flags[Int(probe.from.milliseconds)..<Int(probe.to.milliseconds)]
                #expect(set.contains(probe) == part.allSatisfy(\.self), "seed \(seed)")
                #expect(set.overlaps(probe) == part.contains(true), "seed \(seed)")
            }
        }
    }

    @Test("alignment outward adds whole units and no more", arguments: Seeds.draw(10))
    func alignment(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let unit = 10
        for _ in 0..<50 {
            let intervals = Self.intervals(&generator)
            let aligned = IntervalSet(intervals).alignedOutward(to: .milliseconds(unit))
            let grid = Grid(intervals)
            let expected = (0..<Self.width).map { moment in
                let start = moment / unit * unit
                return grid.flags[start..<start + unit].contains(true)
            }
            #expect(Grid(aligned).flags == expected, "seed \(seed)")
            #expect(Self.isNormal(aligned), "seed \(seed)")
        }
    }

    @Test("coalescing fills gaps up to the limit and leaves longer ones")
    func coalescing() {
        let scattered = set(span(0, 10), span(12, 20), span(25, 30))
        #expect(scattered.coalesced(across: .seconds(2)) == set(span(0, 20), span(25, 30)))
        #expect(scattered.coalesced(across: .seconds(5)) == set(span(0, 30)))
        #expect(scattered.coalesced(across: .zero) == scattered)
    }
}
