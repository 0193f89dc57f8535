import Dedup
import ModelLog
import Recovery
import Tweets

/// A dedup instance: the production's loop around its cores, over the model's log.
final class DedupProcess: SimulatedProcess {
    /// A partition that it reads; a class, since cores are large and are looked at many times a step.
    final class Owned {
        var core: DedupCore
        var number: UInt64
        /// The next offset to read.
        var offset: Int64
        /// The same at the last commit.
        var committed: Int64
        /// Losses that no committed transaction holds yet.
        var losses: [LossRecord] = []
        var doubtfulThrough: Int64 = 0
        /// Records taken in, of committed transactions and of the open one.
        var taken = 0
        var open = 0
        /// Nothing that was not read yet had been received before; nil where everything was read, or nothing yet.
        var readThrough: Instant?
        /// When the oldest record of the open transaction was received.
        var oldestReceived: Instant?

        init(core: DedupCore, number: UInt64, offset: Int64) {
            self.core = core
            self.number = number
            self.offset = offset
            committed = offset
        }
    }

    private enum Restore {
        case start
        case hasCommitted(Int64?)
        case reads(Stretch, position: Int64, fold: RestoreFold, lastWritten: Instant?)
    }

    /// What a restore asked for before it reads.
    private struct Stretch {
        var committed: Int64?
        var mark: Int64
        var oldest: Int64
        var rawEnd: Int64
    }

    private struct Addressed {
        var topic: String
        var number: Int
        var record: ModelRecord
    }

    private let instance: String
    private let timing: DedupTiming
    private var machine = DedupTransactionMachine(commitInterval: .milliseconds(100))
    private var producer: ModelLog.Producer?
    private var member: Int?
    private var membership: ModelGroup.Membership?
    /// By partition.
    private var owned: [Owned?]
    private var refused: Set<Int> = []
    private var restores: [Int: Restore] = [:]
    private var origins = OriginReader()
    // Records on their way: a producer sends when it likes, and only a commit waits for it.
    private var buffer: [Addressed] = []
    /// The commit is under way, which may take as long as the instance stands still.
    private var isCommitting = false
    /// An action that waits for Kafka: a commit or an abort that is to be asked for again.
    private var isStopping = false

    init(_ simulation: Simulation, place: Int) {
        instance = place == 0 ? "x" : "y"
        timing = Self.timing(simulation.plan)
        owned = Array(repeating: nil, count: simulation.plan.kafkaPartitions)
        super.init(simulation, .dedup, place: place)
    }

    /// What a plan's stage works by.
    static func timing(_ plan: SimulationPlan) -> DedupTiming {
        DedupTiming(horizon: plan.horizon, recoveryWindow: plan.limits.window, deliverySlack: plan.slack)
    }

    override func step() throws(SimulatedCrash) -> Int64? {
        guard !simulation.isAway(from: role, place) else { return 200 }
        if isCommitting {
            isCommitting = false
            try perform(machine.commitEnded(try finishCommit(), at: clock))
            return isStopping ? nil : 20
        }
        guard let producer else {
            // Registering comes before joining, so that what the last life left open is over before anything is read.
            self.producer = try? simulation.log.register("dedup-\(instance)")
            if self.producer != nil { simulation.tell(.registered, who) }
            return 50
        }
        guard let member else {
            member = simulation.log.group.join(instance, now: Int(simulation.now))
            simulation.tell(.joined, who)
            return 50
        }
        let heard = simulation.log.group.heartbeat(member, now: Int(simulation.now))
        if case .open = machine.state, simulation.random.next() & 3 == 0 {
            // What the group has decided is heard at the next poll, and a thread that is busy does not poll.
            try work(member, producer)
            return isStopping ? nil : 100
        }
        switch heard {
        case .fenced:
            try perform(machine.clientFailed("fenced instance", isFenced: true, at: clock))
            return isStopping ? nil : 500
        case .unknown:
            simulation.tell(.rebalanced, who, 1)
            try perform(machine.lost(at: clock))
            drop()
            self.member = nil
            return isStopping ? nil : 50
        case .rebalance:
            try perform(machine.revoked(at: clock))
            // The handler does not return before the commit has.
            if isCommitting { return 20 }
            simulation.tell(.rebalanced, who, 0)
            drop()
            simulation.log.group.rejoin(member, now: Int(simulation.now))
            return isStopping ? nil : 50
        case .waiting:
            return 100
        case .steady:
            guard let assignment = simulation.log.group.assignment(of: member) else { return 100 }
            for number in assignment where owned[number] == nil && restores[number] == nil {
                if !refused.contains(number) { restores[number] = .start }
            }
            if let number = restores.keys.min() {
                try restore(number)
                return 20
            }
            try work(member, producer)
            return isStopping ? nil : 100 + Int64(simulation.random.next() % 300)
        }
    }

    private func drop() {
        for number in owned.indices { owned[number] = nil }
        restores = [:]
        refused = []
    }

    // MARK: Reading

    private func work(_ member: Int, _ producer: ModelLog.Producer) throws(SimulatedCrash) {
        try perform(machine.tick(at: clock))
        guard !isCommitting, machine.isReady(at: clock), !simulation.log.isCompleting(producer) else { return }
        try commitLosses(member)
        // What is read in one partition may lose all of them.
        for number in owned.indices {
            guard let partition = owned[number], partition.offset != simulation.log["raw", number].end,
                !simulation.isLeaderless(number)
            else { continue }
            guard try read(number, partition, member, producer) else { return }
        }
    }

    /// Makes losses part of a transaction, though no record of their partitions may be.
    private func commitLosses(_ member: Int) throws(SimulatedCrash) {
        for number in owned.indices where owned[number]?.losses.isEmpty == false && !machine.holds(Int32(number)) {
            guard machine.isReady(at: clock) else { return }
            guard try begin(member) else { return }
            machine.took(Int32(number))
        }
    }

    private func begin(_ member: Int) throws(SimulatedCrash) -> Bool {
        if machine.beforeRecord() == .begin {
            note(.begin)
            try simulation.mayDie(.dedup, who)
            membership = simulation.log.group.membership(of: member)
            try perform(machine.began(.done, at: clock))
        }
        if case .open = machine.state { return true }
        return false
    }

    /// Takes a lot of a partition's records; false where the transaction is over because of them.
    private func read(
        _ number: Int,
        _ partition: Owned,
        _ member: Int,
        _ producer: ModelLog.Producer
    ) throws(SimulatedCrash) -> Bool {
        let offset = partition.offset
        let batch: ModelPartition.Batch
        do throws(ModelError) {
            batch = try simulation.log["raw", number].fetch(from: offset, .uncommitted, limit: 200)
        } catch {
            try perform(machine.revoked(at: clock))
            guard !isCommitting else { return false }
            try perform(machine.clientFailed("offset \(offset) is gone", isFenced: false, at: clock))
            return false
        }
        for (offset, record) in batch.records {
            guard try begin(member) else { return false }
            machine.took(Int32(number))
            take(number, partition, offset, record)
        }
        partition.offset = batch.position
        if batch.position >= simulation.log["raw", number].end { partition.readThrough = nil }
        do throws(ModelError) {
            try flush(Int(simulation.random.next() % UInt64(buffer.count + 1)), producer)
        } catch {
            try perform(machine.failed(outcome(error), at: clock))
            return false
        }
        try simulation.mayDie(.dedup, who)
        if simulation.failsTransaction(), case .open = machine.state {
            try perform(machine.failed(.mustAbort("an error of the broker"), at: clock))
            return false
        }
        return true
    }

    private func take(_ number: Int, _ partition: Owned, _ offset: Int64, _ record: ModelRecord) {
        let received = Instant(milliseconds: record.timestamp)
        if offset > partition.offset { passedHole(partition, number, before: offset, received: received) }
        partition.offset = offset + 1
        partition.open += 1
        partition.readThrough = received
        partition.oldestReceived = min(partition.oldestReceived ?? received, received)
        guard let id = (record.key ?? []).withUnsafeBytes({ TweetID(decimal: $0) }) else {
            partition.core.countUnreadable()
            return
        }
        let raw = RawRecord(
            id: id,
            isDelete: record.value == nil,
            received: received,
            origin: Array((record.header ?? "").utf8).withUnsafeBytes { origins.origin(of: $0) }
        )
        let verdict = partition.core.decide(raw)
        write(verdict, record, received: received, number)
    }

    private func write(_ verdict: DedupVerdict, _ record: ModelRecord, received: Instant, _ number: Int) {
        func output(_ topic: String, _ timestamp: Instant) {
            var copy = record
            copy.timestamp = timestamp.milliseconds
            buffer.append(Addressed(topic: topic, number: number, record: copy))
        }
        switch verdict {
        case .emitted(let timestamp), .deleted(let timestamp):
            output("tweets", timestamp)
        case .late:
            output("late", received)
        case .deletedLate(let timestamp):
            output("tweets", timestamp)
            output("late", timestamp)
        case .suppressed:
            let own = RecordHeader(connection: "", partition: 0, source: .dedup, session: "").text
            let tombstone = ModelRecord(key: record.key, value: nil, header: own, timestamp: wall.milliseconds)
            buffer.append(Addressed(topic: "raw", number: number, record: tombstone))
        case .duplicate, .deletedAgain, .ownTombstone:
            break
        }
    }

    private func passedHole(_ partition: Owned, _ number: Int, before offset: Int64, received: Instant) {
        let lag = Duration.milliseconds(simulation.plan.compactionLag)
        let oldest = min(received, partition.readThrough ?? received)
        guard wall - oldest > lag, offset > partition.doubtfulThrough else { return }
        let end = max(offset, simulation.firstOffset(number, at: wall - lag) ?? offset)
        partition.losses.append(
            LossRecord(kafkaPartition: number, fromOffset: partition.offset, toOffset: end, foundAt: wall)
        )
        simulation.tell(.lost, who, partition.offset, end)
        partition.doubtfulThrough = end
    }

    /// Whoever reads too late cannot vouch for what compaction may have taken.
    private func distrustIfLate(_ partition: Owned) {
        guard let oldest = partition.oldestReceived, wall - oldest > .milliseconds(simulation.plan.compactionLag)
        else { return }
        partition.core.distrustCensus("dedup was further behind than the compaction lag of raw")
    }

    /// Sends the oldest of what is on its way.
    private func flush(_ count: Int, _ producer: ModelLog.Producer) throws(ModelError) {
        for index in 0..<count {
            let next = buffer[index]
            do throws(ModelError) {
                try simulation.log.produce(
                    next.record,
                    to: next.topic,
                    next.number,
                    by: producer,
                    now: Int(simulation.now)
                )
            } catch {
                buffer.removeFirst(index)
                throw error
            }
        }
        buffer.removeFirst(count)
    }

    // MARK: Transactions

    private func perform(_ first: DedupTransactionMachine.Action) throws(SimulatedCrash) {
        var action = first
        while true {
            note(action)
            switch action {
            case .none, .begin:
                return
            case .commit(let partitions):
                if let outcome = try startCommit(partitions) {
                    action = machine.commitEnded(outcome, at: clock)
                } else {
                    isCommitting = true
                    stalledUntil = max(stalledUntil, simulation.now + simulation.commitDelay())
                    return
                }
            case .commitAgain:
                // The production waits here; so does this, a step at a time.
                isCommitting = true
                return
            case .abort:
                buffer = []
                try simulation.mayDie(.dedup, who)
                action = machine.abortEnded(end(isCommit: false), at: clock)
            case .keep(let partitions):
                try simulation.mayDie(.dedup, who)
                for number in partitions.sorted().map(Int.init) { keep(number) }
                simulation.tell(.committed, who, Int64(machine.commits))
                return
            case .undo(let partitions):
                for number in partitions.sorted().map(Int.init) { undo(number) }
                simulation.tell(.aborted, who, Int64(machine.aborts))
                return
            case .rebuild:
                buffer = []
                drop()
                producer = nil
                member = nil
                machine.rebuilt()
                simulation.tell(.rebuilt, who)
                return
            case .stopForTwin:
                simulation.tell(.stopped, who)
                isStopping = true
                return
            }
        }
    }

    private func note(_ action: DedupTransactionMachine.Action) {
        guard let step = StatesToReach.TransactionStep(action) else { return }
        simulation.reached(StatesToReach.name(step))
    }

    private func keep(_ number: Int) {
        guard let partition = owned[number] else { return }
        partition.core.commit()
        partition.number += 1
        partition.committed = partition.offset
        partition.losses = []
        partition.taken += partition.open
        partition.open = 0
        partition.oldestReceived = nil
        if partition.core.committed.decided != partition.taken {
            simulation.violate("dedup decided \(partition.core.committed.decided) of \(partition.taken) records")
        }
    }

    private func undo(_ number: Int) {
        guard let partition = owned[number] else { return }
        partition.core.undo()
        partition.offset = partition.committed
        partition.open = 0
        partition.oldestReceived = nil
    }

    /// Writes `seen` and sends the offsets; nil where the commit may go on.
    private func startCommit(_ partitions: Set<Int32>) throws(SimulatedCrash) -> DedupTransactionMachine.Outcome? {
        guard let producer else { preconditionFailure("a commit without a producer") }
        // The place was lost before the transaction began, of which the next poll will tell.
        guard let membership else { return .mustAbort("no membership") }
        var offsets: [Int: Int64] = [:]
        for number in partitions.map(Int.init).sorted() {
            guard let partition = owned[number] else { preconditionFailure("\(number) is not owned") }
            distrustIfLate(partition)
            var bytes: [UInt8] = []
            partition.core.changes(number: partition.number, nextOffset: partition.offset).encode(into: &bytes)
            let seen = ModelRecord(key: nil, value: bytes, timestamp: wall.milliseconds)
            buffer.append(Addressed(topic: "seen", number: number, record: seen))
            let census = partition.core.censusRecords(kafkaPartition: number, origins: origins)
            for record in census.map(ControlRecord.census) + partition.losses.map(ControlRecord.loss) {
                let value = simulation.control.add(record)
                let control = ModelRecord(key: Array(record.key.text.utf8), value: value)
                buffer.append(Addressed(topic: "control", number: 0, record: control))
                simulation.tell(.census, who, Int64(number))
            }
            offsets[number] = partition.offset
        }
        do throws(ModelError) {
            try flush(Int(simulation.random.next() % UInt64(buffer.count + 1)), producer)
        } catch {
            return outcome(error)
        }
        try simulation.mayDie(.dedup, who)
        do throws(ModelError) {
            try simulation.log.sendOffsets(offsets, membership, by: producer, now: Int(simulation.now))
        } catch {
            return outcome(error)
        }
        try simulation.mayDie(.dedup, who)
        return simulation.failsTransaction() ? .mustAbort("an error of the broker") : nil
    }

    private func finishCommit() throws(SimulatedCrash) -> DedupTransactionMachine.Outcome {
        guard let producer else { preconditionFailure("a commit without a producer") }
        do throws(ModelError) {
            try flush(buffer.count, producer)
        } catch {
            return outcome(error)
        }
        try simulation.mayDie(.dedup, who)
        let outcome = end(isCommit: true)
        try simulation.mayDie(.dedup, who)
        return outcome == .done && simulation.failsTransaction() ? .retry("the answer was lost") : outcome
    }

    private func end(isCommit: Bool) -> DedupTransactionMachine.Outcome {
        guard let producer else { preconditionFailure("an end without a producer") }
        do throws(ModelError) {
            try simulation.log.end(producer, isCommit: isCommit)
            simulation.decided()
            return .done
        } catch {
            return outcome(error)
        }
    }

    private func outcome(_ error: ModelError) -> DedupTransactionMachine.Outcome {
        switch error {
        case .fenced: .fenced("fenced")
        case .illegalGeneration: .mustAbort("illegal generation")
        case .pending: .retry("pending")
        case .offsetOutOfRange: .fatal("offset out of range")
        case .outOfSequence: .fatal("out of sequence")
        }
    }

    // MARK: Restoring

    private func restore(_ number: Int) throws(SimulatedCrash) {
        try simulation.mayDie(.dedup, who)
        let seen = simulation.log["seen", number]
        switch restores[number] {
        case .start:
            do throws(ModelError) {
                restores[number] = .hasCommitted(try simulation.log.committedStable(number))
            } catch {
                simulation.reached("pending offsets")
            }
        case .hasCommitted(let committed):
            let stretch = Stretch(
                committed: committed,
                mark: seen.end,
                oldest: seen.start,
                rawEnd: simulation.log["raw", number].end
            )
            read(number, stretch, from: seen.start, RestoreFold(timing: timing), lastWritten: nil)
        case .reads(let stretch, let position, let fold, let lastWritten):
            restores[number] = .start
            read(number, stretch, from: position, fold, lastWritten: lastWritten)
        case nil:
            return
        }
    }

    private func read(
        _ number: Int,
        _ stretch: Stretch,
        from position: Int64,
        _ fold: RestoreFold,
        lastWritten: Instant?
    ) {
        var fold = fold
        var lastWritten = lastWritten
        guard let batch = try? simulation.log["seen", number].fetch(from: position, .committed, limit: 2000) else {
            restores[number] = .start
            return
        }
        for (offset, record) in batch.records where offset < stretch.mark {
            record.value?.withUnsafeBytes { fold.add($0, offset: offset) }
            lastWritten = Instant(milliseconds: record.timestamp)
        }
        guard batch.position >= stretch.mark else {
            if batch.records.isEmpty { simulation.reached("blocked restore") }
            restores[number] = .reads(stretch, position: batch.position, fold: fold, lastWritten: lastWritten)
            return
        }
        restores[number] = nil
        let low = simulation.log["raw", number].start
        switch fold.finish(committed: stretch.committed, oldest: stretch.oldest) {
        case .firstStart:
            owned[number] = Owned(core: DedupCore(timing: timing), number: 1, offset: low)
            simulation.tell(.firstStart, who, Int64(number))
        case .restored(let core, let next, let offset, _):
            guard offset <= stretch.rawEnd,
                stretch.committed != nil || !simulation.isRawYounger(number, than: lastWritten, at: offset)
            else { return refuse(number, "raw is shorter than \(offset)") }
            let partition = Owned(core: core, number: next, offset: offset)
            partition.readThrough = lastWritten
            owned[number] = partition
            simulation.tell(.restored, who, Int64(number), offset)
            if offset < low {
                let loss = LossRecord(kafkaPartition: number, fromOffset: offset, toOffset: low, foundAt: wall)
                partition.losses.append(loss)
                partition.offset = low
                partition.committed = low
                simulation.tell(.lost, who, offset, low)
            }
        case .refused(let reason):
            refuse(number, reason)
        }
    }

    private func refuse(_ number: Int, _ reason: String) {
        refused.insert(number)
        simulation.refused(number, by: self, reason)
    }
}
