public import Tweets

/// The simulated X: which Tweets exist, when each copy of one is delivered, and which are deleted, edited or repeated.
///
/// Everything is a function of the options and of the question, so that nothing is stored: a second of an hour ago is
/// the same however often and by whomever it is asked for. That makes it the ground truth.
public struct World: Sendable {
    /// What the world is like.
    public let options: WorldOptions
    /// How many stream partitions the product has.
    public let partitionCount: Int

    /// The first millisecond of a second in which a sampled Tweet can be created.
    ///
    /// Source: published measurements of the sampled streams, see the upstream contract, "Tweet IDs".
    public static let firstMillisecond: Int64 = 657
    /// How many milliseconds of a second belong to the sample.
    public static let slotCount: Int64 = 100

    private let usual: PoissonTable
    private let burst: PoissonTable
    private let latencies: QuantileTable
    private let deleteDelays: QuantileTable
    private let seed: UInt64

    /// A world; making it costs about a millisecond.
    public init(_ options: WorldOptions) {
        precondition((0...10_000_000).contains(options.rate), "rate \(options.rate)")
        self.options = options
        partitionCount = options.product.partitionCount
        seed = SplitMix64.mix(options.seed)
        let slotMean = options.rate / Double(Self.slotCount) / Double(options.product.partitionCount)
        usual = PoissonTable(mean: slotMean)
        burst = PoissonTable(mean: slotMean * (options.burst?.factor ?? 1))
        latencies = QuantileTable([
            (0, 150), (0.5, 900), (0.9, 2500), (0.99, 6000), (0.999, 30000), (0.9999, 60000), (1, 110_000),
        ])
        deleteDelays = QuantileTable([(0, 0.05), (0.5, 0.5), (0.9, 2), (1, 5)])
    }

    // MARK: Tweets

    /// Calls `body` with every Tweet of one stream partition that was created in a second, by millisecond.
    ///
    /// - Parameters:
    ///   - second: Seconds since 1970.
    ///   - partition: From 1.
    @inline(__always)
    public func forEachTweet(inSecond second: Int64, partition: Int, _ body: (TweetID) -> Void) {
        let base = second * 1000 + Self.firstMillisecond
        guard base + Self.slotCount > options.start.milliseconds else { return }
        let table = isBurst(second: second) ? burst : usual
        for slot in 0..<Self.slotCount {
            let millisecond = base + slot
            for index in 0..<count(millisecond: millisecond, partition: partition, table) {
                if let id = id(millisecond: millisecond, index: index, partition: partition) { body(id) }
            }
        }
    }

    /// How many Tweets of a stream partition were created in a millisecond.
    @inline(__always)
    private func count(millisecond: Int64, partition: Int, _ table: PoissonTable) -> Int {
        guard millisecond >= options.start.milliseconds else { return 0 }
        let drawn = draw(Salt.count, UInt64(bitPattern: millisecond) &* 64 &+ UInt64(partition))
        return table.count(at: drawn.unitInterval)
    }

    /// The Tweets of one stream partition that were created in a second, ascending.
    ///
    /// - Parameters:
    ///   - second: Seconds since 1970.
    ///   - partition: From 1.
    public func tweets(inSecond second: Int64, partition: Int) -> [TweetID] {
        var ids: [TweetID] = []
        forEachTweet(inSecond: second, partition: partition) { ids.append($0) }
        return ids.sorted()
    }

    /// The Tweets of one stream partition that were created in an interval, ascending.
    public func tweets(in interval: EventInterval, partition: Int) -> [TweetID] {
        guard !interval.isEmpty else { return [] }
        let from = max(interval.from, options.start)
        guard from < interval.to else { return [] }
        let first = from.alignedDown(to: .seconds(1)).milliseconds / 1000
        let end = interval.to.alignedUp(to: .seconds(1)).milliseconds / 1000
        var ids: [TweetID] = []
        for second in first..<end {
            ids += tweets(inSecond: second, partition: partition).filter { id in
                id.createdAt.map(interval.contains) ?? false
            }
        }
        return ids
    }

    /// A Tweet's ID from its place in a millisecond; workers and sequences never repeat within one.
    @inline(__always)
    private func id(millisecond: Int64, index: Int, partition: Int) -> TweetID? {
        let place = UInt64(index * partitionCount + partition - 1)
        let offset = draw(Salt.worker, UInt64(bitPattern: millisecond))
        // An odd step visits each of the 1,024 workers before it comes back to the first.
        let worker = (offset &+ place &* Self.workerStep) & 1023
        let low = UInt64((SplitMix64.mix(offset ^ place) | 8).trailingZeroBitCount)
        let sequence = (place >> 10) << 2 | low
        precondition(sequence < 4096, "\(place + 1) Tweets in a millisecond")
        return TweetID(UInt64(millisecond - TweetID.snowflakeEpoch) << 22 | worker << 12 | sequence)
    }

    /// The stream partition of one of this world's Tweets, from 1.
    public func partition(of id: TweetID) -> Int {
        let millisecond = (id.createdAt ?? options.start).milliseconds
        let offset = draw(Salt.worker, UInt64(bitPattern: millisecond))
        let low = (((id.rawValue >> 12) &- offset) &* Self.workerStepInverse) & 1023
        let place = ((id.rawValue & 4095) >> 2) << 10 | low
        return Int(place % UInt64(partitionCount)) + 1
    }

    private static let workerStep: UInt64 = 389
    /// 389 times it is 1 modulo 1,024.
    private static let workerStepInverse: UInt64 = 845

    private func isBurst(second: Int64) -> Bool {
        guard let burst = options.burst else { return false }
        return (second - options.start.milliseconds / 1000) % burst.everySeconds >= burst.everySeconds
            - burst.lastsSeconds
    }

    // MARK: A Tweet's attributes

    /// The older Tweet that this one is a new version of; nil for most.
    ///
    /// It is of the same stream partition, at most ten minutes older, and exists.
    public func original(of id: TweetID) -> TweetID? {
        guard draw(Salt.edit, id.rawValue).unitInterval < options.editShare, let created = id.createdAt else {
            return nil
        }
        let partition = partition(of: id)
        let age = draw(Salt.editAge, id.rawValue)
        let second = created.milliseconds / 1000 - 1 - Int64(age % 600)
        let table = isBurst(second: second) ? burst : usual
        let first = Int64(age >> 32) % Self.slotCount
        // The first Tweet at or after a drawn millisecond of that second; in a slow stream there may be none.
        for slot in 0..<Self.slotCount {
            let millisecond = second * 1000 + Self.firstMillisecond + (first + slot) % Self.slotCount
            guard count(millisecond: millisecond, partition: partition, table) > 0 else { continue }
            return self.id(millisecond: millisecond, index: 0, partition: partition)
        }
        return nil
    }

    /// When the Tweet is deleted; nil for most.
    @inline(__always)
    public func deletion(of id: TweetID) -> Instant? {
        guard draw(Salt.delete, id.rawValue).unitInterval < options.deleteShare, let created = id.createdAt else {
            return nil
        }
        return created + .milliseconds(deleteDelay(of: id))
    }

    /// A third of all deletes follow within seconds, while copies of the Tweet are still on their way.
    private func deleteDelay(of id: TweetID) -> Int64 {
        let drawn = draw(Salt.deleteDelay, id.rawValue)
        let mean = Double(options.deleteDelay.milliseconds)
        if drawn & 3 == 0 { return Int64((0.005 + 0.08 * drawn.unitInterval) * mean) }
        return Int64(deleteDelays.value(at: drawn.unitInterval) * mean)
    }

    /// The compliance event other than a delete that the Tweet causes, with its time; nil for most.
    public func event(of id: TweetID) -> (kind: ComplianceEventKind, at: Instant)? {
        let drawn = draw(Salt.event, id.rawValue)
        guard drawn.unitInterval < options.eventShare, let created = id.createdAt else { return nil }
        let kinds = ComplianceEventKind.allCases
        let more = SplitMix64.mix(drawn)
        let delay = deleteDelays.value(at: more.unitInterval) * Double(options.deleteDelay.milliseconds)
        return (kinds[Int(more % UInt64(kinds.count))], created + .milliseconds(Int64(delay)))
    }

    /// Bits that decide how the Tweet looks; every copy of it looks the same.
    @inline(__always)
    public func appearance(of id: TweetID) -> UInt64 {
        draw(Salt.appearance, id.rawValue)
    }

    /// Which partition of a compliance stream tells the Tweet's events.
    ///
    /// - Returns: From 1 to `count`.
    public func compliancePartition(of id: TweetID, count: Int) -> Int {
        Int(draw(Salt.compliance, id.rawValue) % UInt64(count)) + 1
    }

    // MARK: Delivery

    /// The longest time from a Tweet's creation to the delivery of any copy of it.
    public var latencyMax: Duration {
        .milliseconds(Int64((latencies.max + Self.repeatDelayMax) * options.latencyScale) + 1)
    }

    /// The longest time from a Tweet's creation to the delivery of any notice about it.
    public var noticeDelayMax: Duration {
        .milliseconds(Int64(deleteDelays.max * Double(options.deleteDelay.milliseconds)) + 1) + noticeLatencyMax
    }

    /// When a redundant connection gets its copy of the Tweet.
    ///
    /// - Parameters:
    ///   - id: A Tweet of this world.
    ///   - copy: The redundant connection's place, from 0: each draws its own latencies.
    @inline(__always)
    public func arrival(of id: TweetID, copy: Int) -> Instant {
        guard let created = id.createdAt else { return options.start }
        let drawn = draw(Salt.latency &+ UInt64(copy), id.rawValue)
        let latency = Int64(latencies.value(at: drawn.unitInterval) * options.latencyScale)
        return created + .milliseconds(latency)
    }

    /// When the redundant connection gets the same copy again; nil for most.
    @inline(__always)
    public func repetition(of id: TweetID, copy: Int) -> Instant? {
        let drawn = draw(Salt.repetition &+ UInt64(copy), id.rawValue)
        guard drawn.unitInterval < options.duplicateShare else { return nil }
        let delay = SplitMix64.mix(drawn).unitInterval * Self.repeatDelayMax * options.latencyScale
        return arrival(of: id, copy: copy) + .milliseconds(Int64(delay))
    }

    /// When a redundant connection gets a notice about the Tweet that was given out at `time`.
    @inline(__always)
    public func noticeArrival(of id: TweetID, at time: Instant, copy: Int) -> Instant {
        let share = draw(Salt.notice &+ UInt64(copy), id.rawValue).unitInterval
        return time + .milliseconds(Int64(share * Double(noticeLatencyMax.milliseconds)))
    }

    private var noticeLatencyMax: Duration { .milliseconds(Int64(2000 * options.latencyScale)) }

    private static let repeatDelayMax = 5000.0

    /// Bits for one concern and one Tweet.
    @inline(__always)
    private func draw(_ salt: UInt64, _ value: UInt64) -> UInt64 {
        SplitMix64.mix(SplitMix64.mix(value ^ seed) &+ salt &* 0xD6E8_FEB8_6659_FD93)
    }

    /// One number a concern, far enough apart for the copies that are added to some.
    private enum Salt {
        static let count: UInt64 = 0x100
        static let worker: UInt64 = 0x200
        static let edit: UInt64 = 0x300
        static let editAge: UInt64 = 0x400
        static let delete: UInt64 = 0x500
        static let deleteDelay: UInt64 = 0x600
        static let event: UInt64 = 0x700
        static let appearance: UInt64 = 0x800
        static let compliance: UInt64 = 0x900
        static let latency: UInt64 = 0x10000
        static let repetition: UInt64 = 0x20000
        static let notice: UInt64 = 0x30000
    }
}
