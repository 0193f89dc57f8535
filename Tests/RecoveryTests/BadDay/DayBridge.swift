import Recovery
import Tweets
import World

/// One redundant connection of the bad day: a link for each stream partition, judged by the product's own coverage rule.
struct DayBridge {
    /// One stream partition's session, and what it has read that Kafka has not acknowledged.
    private struct Link {
        var stream: StreamPartition
        var feed: DeliveryFeed
        var coverage: SessionCoverage
        var record: SessionRecord
        var acknowledged = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
        var waiting: [(slot: Int, delivery: Delivery)] = []
    }

    let name: String
    /// Its place among the redundant copies.
    let copy: Int
    private var links: [Link] = []
    /// Sessions that have ended and still wait for Kafka.
    private var draining: [Link] = []

    init(name: String, copy: Int) {
        self.name = name
        self.copy = copy
    }

    var isConnected: Bool { !links.isEmpty }

    /// How many records wait for Kafka.
    var waiting: Int { (links + draining).reduce(0) { $0 + $1.waiting.count } }

    /// Connects; the upstream grants no backfill, as it need not.
    mutating func connect(at second: Int64, _ world: World) {
        links = (1...world.partitionCount).map { number in
            let stream = StreamPartition(product: .sample10, number: number)
            return Link(
                stream: stream,
                feed: DeliveryFeed(
                    world: world,
                    partitions: [number],
                    content: .tweets(deletes: true),
                    copy: copy,
                    from: at(second)
                ),
                coverage: SessionCoverage(
                    rule: CoverageRule(slack: .seconds(120)),
                    carriesTweets: true,
                    serverDate: at(second),
                    openedAt: clock(second),
                    backfillAsked: false
                ),
                record: session(name, "\(second)", stream: stream, date: at(second))
            )
        }
    }

    /// The process dies: what Kafka had not acknowledged is gone, and control keeps what was last said.
    mutating func kill() {
        links = []
        draining = []
    }

    /// The connections end and the process goes on.
    mutating func disconnect(at second: Int64, _ reason: SessionRecord.CloseReason) {
        for index in links.indices {
            links[index].coverage.finish(now: clock(second))
            links[index].record.closed = reason
        }
        draining += links
        links = []
    }

    /// Reads what is due; `isLost` is what the upstream keeps back without a word.
    mutating func read(at second: Int64, isLost: (Delivery) -> Bool) {
        for index in links.indices {
            links[index].coverage.received(at: clock(second))
            while let delivery = links[index].feed.next(dueBy: at(second)) {
                if isLost(delivery) { continue }
                if delivery.content == .tweet {
                    links[index].coverage.read(delivery.id)
                } else {
                    links[index].coverage.readOther()
                }
                links[index].waiting.append((links[index].coverage.slot, delivery))
            }
            _ = links[index].coverage.advance(to: clock(second))
        }
    }

    /// Kafka takes everything that waits, and then what the sessions say of themselves.
    ///
    /// - Parameter append: Writes a record to raw and gives its Kafka partition and offset.
    mutating func flush(
        at second: Int64,
        append: (Delivery, StreamPartition) -> (partition: Int, offset: Int64)
    ) -> [SessionRecord] {
        var records: [SessionRecord] = []
        for index in draining.indices { records.append(Self.flush(&draining[index], at: second, append)) }
        draining = []
        for index in links.indices { records.append(Self.flush(&links[index], at: second, append)) }
        return records
    }

    private static func flush(
        _ link: inout Link,
        at second: Int64,
        _ append: (Delivery, StreamPartition) -> (partition: Int, offset: Int64)
    ) -> SessionRecord {
        for (slot, delivery) in link.waiting {
            let place = append(delivery, link.stream)
            link.acknowledged[slot] += 1
            let known = link.record.offsets[place.partition]
            link.record.offsets[place.partition] = SessionRecord.Offsets(
                first: known?.first ?? place.offset,
                last: place.offset
            )
            link.record.counters.tweets += delivery.content == .tweet ? 1 : 0
        }
        link.waiting = []
        let acknowledged = link.acknowledged
        link.coverage.settle(isOver: link.record.closed != nil) { acknowledged[$0] }
        link.record.covered = link.coverage.covered
        link.record.holes = link.coverage.holes
        link.record.sequence += 1
        link.record.updatedAt = at(second)
        return link.record
    }
}
