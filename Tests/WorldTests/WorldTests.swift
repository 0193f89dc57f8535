import Testing
import Tweets
import World

@Suite("The world")
struct WorldTests {
    static let start = Instant(milliseconds: 1_795_470_000_000)

    static func options(rate: Double = 300, seed: UInt64 = 7) -> WorldOptions {
        var options = WorldOptions()
        options.seed = seed
        options.start = start
        options.rate = rate
        return options
    }

    @Test("is the same for the same options, and another for another seed")
    func determinism() {
        let (left, right) = (World(Self.options()), World(Self.options()))
        let other = World(Self.options(seed: 8))
        let interval = EventInterval(from: Self.start, to: Self.start + .seconds(20))
        #expect(left.tweets(in: interval, partition: 1) == right.tweets(in: interval, partition: 1))
        #expect(left.tweets(in: interval, partition: 1) != other.tweets(in: interval, partition: 1))
    }

    @Test("draws unique IDs in the sample's milliseconds, each in one stream partition", arguments: [30, 3000, 30000])
    func ids(rate: Double) throws {
        let world = World(Self.options(rate: rate))
        var seen: Set<TweetID> = []
        var count = 0
        var wrong: [TweetID] = []
        for second in 1...2 {
            for partition in 1...2 {
                for id in world.tweets(inSecond: Self.start.milliseconds / 1000 + Int64(second), partition: partition) {
                    let created = try #require(id.createdAt)
                    let isRight =
                        (657...756).contains(created.milliseconds % 1000)
                        && created.alignedDown(to: .seconds(1)) == Self.start + .seconds(second)
                        && world.partition(of: id) == partition
                    if !isRight { wrong.append(id) }
                    seen.insert(id)
                    count += 1
                }
            }
        }
        #expect(wrong.isEmpty)
        #expect(seen.count == count)
        // Six standard deviations: a wrong rate shows, chance does not.
        let mean = 2 * rate
        #expect(abs(Double(count) - mean) < 6 * mean.squareRoot())
    }

    @Test("spreads the firehose over twenty stream partitions")
    func firehose() {
        var options = Self.options(rate: 20000)
        options.product = .firehose
        let world = World(options)
        let second = Self.start.milliseconds / 1000 + 1
        let counts = (1...20).map { world.tweets(inSecond: second, partition: $0).count }
        #expect(counts.allSatisfy { (800...1200).contains($0) })
    }

    @Test("has nothing before its start, not even in its first second")
    func start() throws {
        var options = Self.options(rate: 5000)
        options.start = Self.start + .milliseconds(700)
        let world = World(options)
        let second = Self.start.milliseconds / 1000
        #expect(world.tweets(inSecond: second - 1, partition: 1).isEmpty)
        let first = world.tweets(inSecond: second, partition: 1)
        #expect(!first.isEmpty)
        #expect(first.compactMap(\.createdAt).allSatisfy { $0 >= options.start })
    }

    @Test("cuts an interval to the millisecond")
    func interval() {
        let world = World(Self.options(rate: 2000))
        let from = Self.start + .milliseconds(1700)
        let to = Self.start + .milliseconds(4690)
        let expected = (0...6).flatMap { world.tweets(inSecond: Self.start.milliseconds / 1000 + $0, partition: 2) }
            .filter { id in id.createdAt.map { from <= $0 && $0 < to } ?? false }
        #expect(world.tweets(in: EventInterval(from: from, to: to), partition: 2) == expected)
        #expect(!expected.isEmpty)
        #expect(world.tweets(in: EventInterval(from: to, to: from), partition: 2).isEmpty)
    }

    @Test("bursts when told to")
    func bursts() {
        var options = Self.options(rate: 1000)
        options.burst = .init(everySeconds: 10, lastsSeconds: 2, factor: 8)
        let world = World(options)
        let counts = (0..<10).map {
            world.tweets(inSecond: Self.start.milliseconds / 1000 + $0, partition: 1).count
        }
        #expect(counts[..<8].allSatisfy { $0 < 700 })
        #expect(counts[8...].allSatisfy { $0 > 3500 })
    }

    @Test("delivers with a 99th percentile of 6 s and a tail that ends at 110 s, scaled as told", arguments: [1, 0.05])
    func latency(scale: Double) throws {
        var options = Self.options(rate: 3000)
        options.latencyScale = scale
        let world = World(options)
        let ids = world.tweets(
            in: EventInterval(from: Self.start, to: Self.start + .seconds(10)),
            partition: 1
        )
        var latencies: [Int64] = []
        var differing = 0
        for id in ids {
            let created = try #require(id.createdAt)
            let arrivals = (0...1).map { world.arrival(of: id, copy: $0) }
            latencies.append((arrivals[0] - created).milliseconds)
            if arrivals[0] != arrivals[1] { differing += 1 }
        }
        latencies.sort()
        let soon = latencies.count { Double($0) <= 6000 * scale }
        #expect((0.985...0.995).contains(Double(soon) / Double(latencies.count)))
        let slowest = try #require(latencies.last)
        #expect(Double(slowest) > 20000 * scale)
        #expect(Double(slowest) <= 110_000 * scale)
        #expect(latencies[0] >= 0)
        #expect(differing > ids.count / 2)
    }

    @Test("deletes its share, some so soon that a copy arrives after the notice")
    func deletes() throws {
        let world = World(Self.options(rate: 5000))
        let ids = world.tweets(in: EventInterval(from: Self.start, to: Self.start + .seconds(20)), partition: 1)
        var deleted = 0
        var overtaken = 0
        for id in ids {
            guard let deletion = world.deletion(of: id) else { continue }
            deleted += 1
            let created = try #require(id.createdAt)
            #expect(deletion > created)
            let notices = (0...1).map { world.noticeArrival(of: id, at: deletion, copy: $0) }
            #expect(notices.allSatisfy { $0 >= deletion && $0 <= created + world.noticeDelayMax })
            let latest = (0...1).map { world.arrival(of: id, copy: $0) }.max() ?? created
            if latest > (notices.min() ?? latest) { overtaken += 1 }
        }
        #expect((800...1200).contains(deleted))
        #expect(overtaken > 20)
    }

    @Test("makes new versions of Tweets that exist")
    func edits() throws {
        let world = World(Self.options(rate: 5000))
        let from = Self.start + .seconds(700)
        let ids = world.tweets(in: EventInterval(from: from, to: from + .seconds(10)), partition: 2)
        let edits = ids.compactMap { id in world.original(of: id).map { (id, $0) } }
        #expect((60...200).contains(edits.count))
        for (id, original) in edits {
            let created = try #require(original.createdAt)
            #expect(original < id)
            let second = world.tweets(inSecond: created.milliseconds / 1000, partition: 2)
            #expect(second.contains(original))
        }
    }
}
