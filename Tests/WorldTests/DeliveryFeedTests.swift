import Testing
import Tweets
import World

@Suite("What a connection is to get")
struct DeliveryFeedTests {
    /// Everything that arrives in a stretch of time, straight from the world's functions.
    private func expected(
        _ world: World,
        partition: Int,
        copy: Int,
        from: Instant,
        to: Instant
    ) -> [Delivery] {
        var found: [Delivery] = []
        for id in world.tweets(in: EventInterval(from: world.options.start, to: to), partition: partition) {
            found.append(Delivery(arrival: world.arrival(of: id, copy: copy).milliseconds, id: id, content: .tweet))
            if let again = world.repetition(of: id, copy: copy) {
                found.append(Delivery(arrival: again.milliseconds, id: id, content: .tweet))
            }
            if let deletion = world.deletion(of: id) {
                let arrival = world.noticeArrival(of: id, at: deletion, copy: copy)
                found.append(Delivery(arrival: arrival.milliseconds, id: id, content: .delete))
            }
        }
        return found.filter { from.milliseconds <= $0.arrival && $0.arrival <= to.milliseconds }
    }

    @Test("is everything that arrives, once, in the order of arrival", arguments: [0, 1])
    func complete(copy: Int) {
        var options = WorldTests.options(rate: 60)
        options.duplicateShare = 0.02
        let world = World(options)
        for offset in [Duration.zero, .seconds(350)] {
            let from = WorldTests.start + offset
            let to = from + .seconds(120)
            var feed = DeliveryFeed(
                world: world,
                partitions: [2],
                content: .tweets(deletes: true),
                copy: copy,
                from: from
            )
            var delivered: [Delivery] = []
            // Time comes in steps, as it does to a server.
            var now = from
            while now <= to {
                while let delivery = feed.next(dueBy: now) { delivered.append(delivery) }
                now = now + .milliseconds(200)
            }
            #expect(delivered.map(\.arrival) == delivered.map(\.arrival).sorted())
            let wanted = expected(world, partition: 2, copy: copy, from: from, to: to)
            #expect(delivered.count == wanted.count)
            #expect(Set(delivered) == Set(wanted))
            #expect(delivered.contains { $0.content == .delete })
        }
    }

    @Test("of the compliance partitions together is every delete and event, each in one of them")
    func compliance() {
        var options = WorldTests.options(rate: 200)
        options.eventShare = 0.02
        let world = World(options)
        let to = WorldTests.start + .seconds(60)
        var seen: [Delivery] = []
        for number in 1...4 {
            var feed = DeliveryFeed(
                world: world,
                partitions: [1, 2],
                content: .compliance(number: number, count: 4),
                copy: 0,
                from: WorldTests.start
            )
            while let delivery = feed.next(dueBy: to) { seen.append(delivery) }
        }
        #expect(Set(seen).count == seen.count)
        var wanted: Set<Delivery> = []
        for partition in 1...2 {
            for id in world.tweets(in: EventInterval(from: WorldTests.start, to: to), partition: partition) {
                if let deletion = world.deletion(of: id) {
                    let arrival = world.noticeArrival(of: id, at: deletion, copy: 0).milliseconds
                    wanted.insert(Delivery(arrival: arrival, id: id, content: .delete))
                }
                if let event = world.event(of: id) {
                    let arrival = world.noticeArrival(of: id, at: event.at, copy: 0).milliseconds
                    wanted.insert(Delivery(arrival: arrival, id: id, content: .event))
                }
            }
        }
        #expect(Set(seen) == wanted.filter { $0.arrival <= to.milliseconds })
        #expect(seen.contains { $0.content == .event })
    }

    @Test("of a recovery is the truth of its time range, in the order of creation")
    func recovery() {
        let world = World(WorldTests.options(rate: 300))
        let interval = EventInterval(
            from: WorldTests.start + .milliseconds(10700),
            to: WorldTests.start + .milliseconds(30690)
        )
        var feed = RecoveryFeed(world: world, partitions: [1, 2], interval: interval, deletedBy: nil)
        var ids: [TweetID] = []
        while let id = feed.next(createdBefore: interval.to) { ids.append(id) }
        let wanted = (1...2).flatMap { world.tweets(in: interval, partition: $0) }.sorted()
        #expect(ids == wanted)

        let deletedBy = WorldTests.start + .seconds(40)
        var without = RecoveryFeed(world: world, partitions: [1, 2], interval: interval, deletedBy: deletedBy)
        var left: [TweetID] = []
        while let id = without.next(createdBefore: interval.to) { left.append(id) }
        #expect(left == wanted.filter { id in world.deletion(of: id).map { $0 > deletedBy } ?? true })
        #expect(left.count < wanted.count)
    }
}
