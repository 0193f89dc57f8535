import Foundation
import KafkaTestSupport
import Synchronization
import Testing

@testable import Kafka

@Suite("Group membership, on the mock cluster", .ownThread)
struct KafkaGroupTests {
    /// One member and what its handler was told.
    private final class Member {
        let consumer: KafkaConsumer
        private(set) var changes: [KafkaRebalance] = []
        private(set) var values: [String] = []
        private(set) var problems: [KafkaError] = []

        init(_ rig: MockRig, name: String, _ extra: KafkaProperties = [:]) throws {
            let base: KafkaProperties = [
                "group.id": "g", "client.id": name, "enable.auto.commit": "false", "auto.offset.reset": "error",
                "heartbeat.interval.ms": "100", "session.timeout.ms": "6000", "fetch.wait.max.ms": "20",
                "partition.assignment.strategy": "range",
            ]
            consumer = try KafkaConsumer(rig.connection.merging(base).merging(extra), observer: rig.observer)
        }

        /// Joins, and starts each partition at its beginning.
        func join() throws {
            try consumer.subscribe(to: ["t"]) { [unowned self] change in
                changes.append(change)
                do {
                    switch change {
                    case .assigned(let partitions):
                        try consumer.assign(partitions.map { KafkaPosition($0, offset: KafkaPosition.beginning) })
                    case .revoked, .lost:
                        try consumer.unassign()
                    }
                } catch {
                    Issue.record(error)
                }
            }
        }

        func poll() {
            switch consumer.poll(timeout: .milliseconds(20)) {
            case .nothing: break
            case .partitionEnd: break
            case .message(let message): values.append(text(message.value) ?? "null")
            case .error(let error, _): problems.append(error)
            }
        }

        var partitions: Set<Int32> {
            Set(((try? consumer.assignment()) ?? []).map(\.partition))
        }
    }

    @Test("a sticky member that ends between its join and its first assignment does not end the process")
    func endsWhileJoining() throws {
        let rig = try filled()
        // 27 is REBALANCE_IN_PROGRESS: join again, for ever.
        rig.cluster.failNextRequests(.syncGroup, with: Array(repeating: KafkaErrorCode(rawValue: 27), count: 10_000))
        let member = try Member(rig, name: "m", ["partition.assignment.strategy": "cooperative-sticky"])
        try member.join()
        try poll([member]) { member.consumer.memberID != nil }
        for _ in 0..<20 { member.poll() }
        #expect(member.changes.isEmpty)
        rig.cluster.clearRequestErrors(.syncGroup)
    }

    /// The last reference to a consumer, and what is known of its end.
    private final class Holder: Sendable {
        let assignments = Atomic(0)
        let ends = Atomic(0)
        private let consumer = Mutex<KafkaConsumer?>(nil)

        func hold(_ consumer: consuming KafkaConsumer) {
            let held = consumer
            self.consumer.withLock { $0 = held }
        }

        func poll() { _ = consumer.withLock { $0?.poll(timeout: .milliseconds(20)) } }
        var isAssigned: Bool { consumer.withLock { (try? $0?.assignment())?.isEmpty == false } }

        func drop() {
            consumer.withLock { $0 = nil }
            ends.add(1, ordering: .sequentiallyConsistent)
        }
    }

    @Test("a sticky member that ends before it has taken an assignment that waits for it does end")
    func endsWithAnAssignmentUntaken() throws {
        let rig = try filled()
        let holder = Holder()
        let observer = KafkaObserver(
            log: { line in
                rig.observer.log(line)
                guard line.message.contains("-> wait-assign-call") else { return }
                holder.assignments.add(1, ordering: .sequentiallyConsistent)
            },
            error: rig.observer.error
        )
        let properties: KafkaProperties = [
            "group.id": "g", "enable.auto.commit": "false", "heartbeat.interval.ms": "100",
            "session.timeout.ms": "6000", "partition.assignment.strategy": "cooperative-sticky", "debug": "cgrp",
        ]
        do {
            let consumer = try KafkaConsumer(rig.connection.merging(properties), observer: observer)
            try consumer.subscribe(to: ["t"]) { _ in }
            holder.hold(consumer)
        }
        try poll([]) {
            holder.poll()
            return holder.isAssigned
        }
        // 27 is REBALANCE_IN_PROGRESS: it joins again, and nobody polls for what it is assigned then.
        rig.cluster.failNextRequests(.heartbeat, with: [KafkaErrorCode(rawValue: 27)])
        try poll([]) { holder.assignments.load(ordering: .sequentiallyConsistent) == 2 }
        // On a thread of its own, since a member that does not end never comes back.
        Thread.detachNewThread { holder.drop() }
        try poll([]) { holder.ends.load(ordering: .sequentiallyConsistent) == 1 }
    }

    private func filled() throws -> MockRig {
        let rig = try MockRig(topics: ["t": 4])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        for index in 0..<4 {
            #expect(producer.produce(to: topic, partition: Int32(index), value: "\(index)") == .queued)
        }
        #expect(producer.flushErrors() == [])
        return rig
    }

    private func poll(_ members: [Member], until condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + patience
        while !condition() {
            try #require(ContinuousClock.now < deadline, "the group did not settle")
            for member in members { member.poll() }
        }
    }

    @Test("two members share the partitions, and the one that stays gets all of them back")
    func twoMembers() throws {
        let rig = try filled()
        let a = try Member(rig, name: "a")
        try a.join()
        try poll([a]) { a.values.count == 4 }
        #expect(a.partitions == [0, 1, 2, 3])
        #expect(a.values.sorted() == ["0", "1", "2", "3"])
        #expect(a.consumer.memberID != nil)

        let b = try Member(rig, name: "b")
        try b.join()
        try poll([a, b]) { a.partitions.count == 2 && b.partitions.count == 2 }
        #expect(a.partitions.isDisjoint(with: b.partitions))
        let all = (0..<4).map { KafkaPartition(topic: "t", partition: Int32($0)) }
        #expect(a.changes.contains(.revoked(all)))

        let before = b.changes.count
        try b.consumer.close()
        guard case .revoked(let given)? = b.changes.last, b.changes.count > before else {
            Issue.record("closing gave nothing back: \(b.changes)")
            return
        }
        #expect(given.count == 2)
        try poll([a]) { a.partitions.count == 4 }
        #expect(a.problems.isEmpty)
        try a.consumer.close()
    }

    @Test("a handler that does not answer gets the committed offsets")
    func plainAnswer() throws {
        let rig = try filled()
        let member = try Member(rig, name: "a", ["auto.offset.reset": "earliest"])
        try member.consumer.commit([KafkaPosition(topic: "t", partition: 2, offset: 1)], timeout: patience)
        try member.consumer.subscribe(to: ["t"]) { _ in }
        try poll([member]) { member.values.count == 3 }
        #expect(member.values.sorted() == ["0", "1", "3"])
        try member.consumer.close()
    }

    @Test("a member that missed its session is told that its partitions are lost")
    func lost() throws {
        let rig = try filled()
        let member = try Member(rig, name: "a")
        try member.join()
        try poll([member]) { member.partitions.count == 4 }
        rig.cluster.failNextRequests(.heartbeat, with: [.unknownMemberID])
        let all = (0..<4).map { KafkaPartition(topic: "t", partition: Int32($0)) }
        try poll([member]) { member.changes.contains(.lost(all)) }
        try poll([member]) { member.partitions.count == 4 }
        try member.consumer.close()
    }

    @Test("a member that is dropped without closing goes at once, and another takes over after the session's time-out")
    func dropped() throws {
        let rig = try filled()
        do {
            let member = try Member(rig, name: "a")
            try member.join()
            try poll([member]) { member.partitions.count == 4 }
        }
        let other = try Member(rig, name: "b")
        try other.join()
        try poll([other]) { other.partitions.count == 4 }
        try other.consumer.close()
    }

    @Test("the cooperative protocol is answered in steps")
    func cooperative() throws {
        let rig = try filled()
        let member = try Member(rig, name: "a", ["partition.assignment.strategy": "cooperative-sticky"])
        var added: [KafkaPartition] = []
        try member.consumer.subscribe(to: ["t"]) { change in
            guard case .assigned(let partitions) = change else { return }
            added += partitions
            do {
                let positions = partitions.map { KafkaPosition($0, offset: KafkaPosition.beginning) }
                try member.consumer.incrementalAssign(positions)
            } catch {
                Issue.record(error)
            }
        }
        try poll([member]) { member.values.count == 4 }
        #expect(added.count == 4)
        try member.consumer.close()
    }
}
