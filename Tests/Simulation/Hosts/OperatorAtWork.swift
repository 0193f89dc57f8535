import Dedup
import ModelLog
import Tweets

/// Whoever is called when dedup refuses a partition: stops all instances, runs `decahose dedup rebuild`, starts them again.
///
/// The order is the production's `DedupRebuild`: the place in the group first, then the offsets, then `tweets`.
final class OperatorAtWork {
    private enum Phase {
        case idle
        case called(until: Int64)
        case joining(member: Int)
        case rebuilding(member: Int, partition: Int)
    }

    private unowned let simulation: Simulation
    private let timing: DedupTiming
    private var phase = Phase.idle
    private let who: Int

    init(_ simulation: Simulation, timing: DedupTiming) {
        self.simulation = simulation
        self.timing = timing
        who = simulation.story.names.count
        simulation.story.names.append("the operator")
    }

    /// Whether a call is not done with.
    var isBusy: Bool { if case .idle = phase { false } else { true } }

    /// Whether dedup must stay down.
    var holdsDedup: Bool {
        switch phase {
        case .idle, .called: false
        case .joining, .rebuilding: true
        }
    }

    /// Somebody is wanted; it takes minutes at night.
    func call() {
        guard case .idle = phase else { return }
        phase = .called(until: simulation.now + 30_000 + Int64(simulation.random.next() % 900_000))
    }

    /// Goes on a little.
    func step() {
        guard !simulation.isAway else { return }
        switch phase {
        case .idle:
            return
        case .called(let until):
            guard simulation.now >= until else { return }
            simulation.stopDedup()
            join()
        case .joining(let member):
            guard holds(member) else { return }
            phase = .rebuilding(member: member, partition: 0)
        case .rebuilding(let member, let partition):
            guard holds(member) else { return }
            guard partition < simulation.plan.kafkaPartitions else {
                simulation.log.group.leave(member)
                phase = .idle
                return
            }
            do throws(ModelError) {
                try rebuild(partition, member)
            } catch {
                // Markers are late, or the place is lost: both are seen at the next step.
            }
        }
    }

    private func join() {
        let name = "rebuild-\(simulation.newProducerNumber())"
        phase = .joining(member: simulation.log.group.join(name, now: Int(simulation.now)))
    }

    /// Whether all partitions are the rebuild's; if not, it goes on waiting, or joins anew.
    private func holds(_ member: Int) -> Bool {
        switch simulation.log.group.heartbeat(member, now: Int(simulation.now)) {
        case .unknown, .fenced: join()
        case .rebalance: simulation.log.group.rejoin(member, now: Int(simulation.now))
        case .waiting: break
        case .steady: return simulation.log.group.assignment(of: member)?.count == simulation.plan.kafkaPartitions
        }
        return false
    }

    private func rebuild(_ partition: Int, _ member: Int) throws(ModelError) {
        let producer = try simulation.log.register("dedup-rebuild")
        guard let membership = simulation.log.group.membership(of: member) else { return }
        let raw = simulation.log["raw", partition]
        let committed = try simulation.log.committedStable(partition)
        let seen = simulation.log["seen", partition]
        let last = try seen.fetch(from: seen.start, .committed, limit: .max).records.last { $0.record.value != nil }
        guard seen.lastStable >= seen.end else { return }
        let offset = RebuildFold.inputOffset(
            committed: committed,
            changelog: last?.record.value?.withUnsafeBytes { try? SeenRecord(decoding: $0) }?.nextOffset,
            raw: raw.start..<raw.end
        )
        let tweets = simulation.log["tweets", partition]
        let batch = try tweets.fetch(from: tweets.start, .committed, limit: .max)
        // Behind an open transaction: it is read to its end, or not at all.
        guard batch.position >= tweets.end else { return }
        var fold = RebuildFold(timing: timing)
        for (_, record) in batch.records {
            guard let id = (record.key ?? []).withUnsafeBytes({ TweetID(decimal: $0) }) else { continue }
            fold.add(id, isDelete: record.value == nil, received: Instant(milliseconds: record.timestamp))
        }
        let now = Int(simulation.now)
        for record in fold.changelog(nextOffset: offset) {
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            let seen = ModelRecord(key: nil, value: bytes, timestamp: simulation.trueTime.milliseconds)
            try simulation.log.produce(seen, to: "seen", partition, by: producer, now: now)
        }
        try simulation.log.sendOffsets([partition: offset], membership, by: producer, now: now)
        // Now and then it is killed here, and run again.
        guard simulation.random.next().share < 0.8 else { return join() }
        try simulation.log.end(producer, isCommit: true)
        simulation.decided()
        simulation.repaired(partition)
        simulation.tell(.rebuiltByHand, who, Int64(partition), offset)
        simulation.reached("rebuild by hand")
        phase = .rebuilding(member: member, partition: partition + 1)
    }
}
