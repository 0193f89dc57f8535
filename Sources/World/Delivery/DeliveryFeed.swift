public import Tweets

/// What one connection is to get, in the order of arrival, from some moment on and without end.
///
/// Seconds of the world are drawn as time reaches them; what they hold waits in a heap until it is due.
public struct DeliveryFeed: Sendable {
    private let world: World
    private let partitions: [Int]
    private let copy: Int
    private let content: StreamContent
    private let from: Int64
    private var nextSecond: Int64
    private var pending = DeliveryHeap()

    /// A feed of everything that arrives at `from` or later.
    ///
    /// - Parameters:
    ///   - world: What happens.
    ///   - partitions: The product's stream partitions that it covers, from 1.
    ///   - content: What it tells of them.
    ///   - copy: The redundant connection's place, from 0.
    ///   - from: The first moment of arrival.
    public init(world: World, partitions: [Int], content: StreamContent, copy: Int, from: Instant) {
        self.world = world
        self.partitions = partitions
        self.content = content
        self.copy = copy
        self.from = from.milliseconds
        let reach = max(world.latencyMax, world.noticeDelayMax)
        nextSecond = max(from - reach, world.options.start).alignedDown(to: .seconds(1)).milliseconds / 1000
    }

    /// The next message that is due by `now`; nil where nothing more is.
    @inline(__always)
    public mutating func next(dueBy now: Instant) -> Delivery? {
        while nextSecond * 1000 <= now.milliseconds {
            draw(second: nextSecond)
            nextSecond += 1
        }
        return pending.popFirst(dueBy: now.milliseconds)
    }

    /// How many messages are drawn and not yet delivered.
    public var pendingCount: Int { pending.count }

    /// When the next message that is drawn arrives, in milliseconds since 1970; nil where none is drawn.
    public var nextArrival: Int64? { pending.firstArrival }

    private mutating func draw(second: Int64) {
        var pending = DeliveryHeap()
        swap(&pending, &self.pending)
        defer { swap(&pending, &self.pending) }
        for partition in partitions {
            world.forEachTweet(inSecond: second, partition: partition) { id in
                switch content {
                case .tweets(let deletes):
                    let arrival = world.arrival(of: id, copy: copy)
                    if arrival.milliseconds >= from { pending.push(arrival.milliseconds, id, .tweet) }
                    if let again = world.repetition(of: id, copy: copy), again.milliseconds >= from {
                        pending.push(again.milliseconds, id, .tweet)
                    }
                    if deletes { pushDelete(id, &pending) }
                case .compliance(let number, let count):
                    guard number == 0 || world.compliancePartition(of: id, count: count) == number else { return }
                    pushDelete(id, &pending)
                    guard let event = world.event(of: id) else { return }
                    let arrival = world.noticeArrival(of: id, at: event.at, copy: copy)
                    if arrival.milliseconds >= from { pending.push(arrival.milliseconds, id, .event) }
                }
            }
        }
    }

    @inline(__always)
    private func pushDelete(_ id: TweetID, _ pending: inout DeliveryHeap) {
        guard let deletion = world.deletion(of: id) else { return }
        let arrival = world.noticeArrival(of: id, at: deletion, copy: copy)
        if arrival.milliseconds >= from { pending.push(arrival.milliseconds, id, .delete) }
    }
}
