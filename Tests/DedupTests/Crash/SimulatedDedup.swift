import ModelLog
import Tweets

@testable import Dedup

/// A shell of dedup over the model log: it carries out what the cores say, a step at a time, and can die between any two.
final class SimulatedDedup {
    struct Owned {
        var core: DedupCore
        var number: UInt64
        /// The next offset to read.
        var offset: Int64
        /// The same at the last commit.
        var committed: Int64

        mutating func keep() {
            core.commit()
            number += 1
            committed = offset
        }

        mutating func undo(_ mistake: ShellMistake?) {
            if mistake != .keepsAbortedIDs { core.undo() }
            if mistake != .doesNotRewind { offset = committed }
        }
    }

    enum Restore {
        case start
        case hasMark(Int64)
        case hasCommitted(Int64?)
        case reads(committed: Int64?, mark: Int64, position: Int64, fold: RestoreFold)
    }

    let name: String
    let world: CrashWorld
    private var machine = DedupTransactionMachine(commitInterval: .milliseconds(100))
    private var producer: ModelLog.Producer?
    private var member: Int?
    private var membership: ModelGroup.Membership?
    private var owned: [Int: Owned] = [:]
    private var stale: [Int: Owned] = [:]
    private var restores: [Int: Restore] = [:]
    private var origins = OriginReader()
    // Records on their way: a producer sends when it likes, and only a commit waits for it. So offsets can be accepted
    // before the transaction's last records are in the log.
    private var buffer: [CrashWorld.Addressed] = []
    /// The commit is under way, which may take as long as the instance is stalled.
    private var isCommitting = false

    init(name: String, world: CrashWorld) {
        self.name = name
        self.world = world
    }

    private var now: MonotonicInstant { MonotonicInstant(nanoseconds: Int64(world.tick) * 10_000_000) }

    /// Does one thing.
    func step() throws(SimulatedCrash) {
        if isCommitting {
            isCommitting = false
            return try perform(machine.commitEnded(try finishCommit(), at: now))
        }
        guard let producer else {
            // Registering comes before joining, so that what the last life left open is over before anything is read.
            self.producer = try? world.log.register("dedup-\(name)")
            return
        }
        guard let member else {
            member = world.log.group.join(name, now: world.tick)
            return
        }
        switch world.log.group.heartbeat(member, now: world.tick) {
        case .unknown, .fenced:
            try perform(machine.lost(at: now))
            drop()
            self.member = nil
        case .rebalance:
            try perform(machine.revoked(at: now))
            // The handler does not return before the commit has.
            if isCommitting { return }
            drop()
            world.log.group.rejoin(member, now: world.tick)
        case .waiting:
            return
        case .steady:
            guard let assignment = world.log.group.assignment(of: member) else { return }
            for number in assignment where owned[number] == nil && restores[number] == nil { restores[number] = .start }
            if let number = restores.keys.sorted().randomElement(using: &world.generator) {
                try restore(number)
            } else {
                try work(member, producer)
            }
        }
    }

    private func drop() {
        if world.mistake == .keepsStaleSets { stale.merge(owned) { $1 } }
        owned = [:]
        restores = [:]
    }

    // MARK: Reading

    private func work(_ member: Int, _ producer: ModelLog.Producer) throws(SimulatedCrash) {
        for _ in 0..<Int.random(in: 1...8, using: &world.generator) {
            guard machine.isReady(at: now), !world.log.isCompleting(producer) else { break }
            let ready = owned.keys.filter { (owned[$0]?.offset ?? 0) < world.log["raw", $0].end }.sorted()
            guard let number = ready.randomElement(using: &world.generator) else { break }
            if machine.beforeRecord() == .begin {
                try world.mayCrash(.beforeBegin)
                membership = world.log.group.membership(of: member)
                try perform(machine.began(.done, at: now))
            }
            guard try take(number, producer) else { return }
        }
        try perform(machine.tick(at: now))
    }

    /// Decides on the next record of a partition; false where the transaction is over because of it.
    private func take(_ number: Int, _ producer: ModelLog.Producer) throws(SimulatedCrash) -> Bool {
        guard var partition = owned[number] else { return false }
        guard let batch = try? world.log["raw", number].fetch(from: partition.offset, .uncommitted, limit: 1) else {
            preconditionFailure("\(partition.offset) is not in raw")
        }
        machine.took(Int32(number))
        guard let (offset, record) = batch.records.first else {
            partition.offset = batch.position
            owned[number] = partition
            return true
        }
        partition.offset = offset + 1
        let raw = world.input(of: record, &origins)
        let verdict = partition.core.decide(raw)
        owned[number] = partition
        buffer += CrashWorld.outputs(of: verdict, for: raw, record).map { output in
            CrashWorld.Addressed(topic: output.topic, number: number, record: output.record)
        }
        var failure = world.mayFail(0.003)
        do throws(ModelError) {
            try flush(Int.random(in: 0...buffer.count, using: &world.generator), producer)
        } catch {
            failure = outcome(error)
        }
        try world.mayCrash(.afterProduce)
        guard let failure else { return true }
        try perform(machine.failed(failure, at: now))
        return false
    }

    /// Sends the oldest of what is on its way.
    private func flush(_ count: Int, _ producer: ModelLog.Producer) throws(ModelError) {
        for _ in 0..<count {
            let next = buffer[0]
            try world.log.produce(next.record, to: next.topic, next.number, by: producer, now: world.tick)
            buffer.removeFirst()
        }
    }

    // MARK: Transactions

    private func perform(_ first: DedupTransactionMachine.Action) throws(SimulatedCrash) {
        var action = first
        while true {
            switch action {
            case .none, .begin:
                return
            case .commit(let partitions):
                if let outcome = try startCommit(partitions) {
                    action = machine.commitEnded(outcome, at: now)
                } else {
                    isCommitting = true
                    return
                }
            case .commitAgain:
                action = machine.commitEnded(end(isCommit: true), at: now)
            case .abort:
                buffer = []
                try world.mayCrash(.duringAbort)
                action = machine.abortEnded(end(isCommit: false), at: now)
            case .keep(let partitions):
                try world.mayCrash(.afterCommit)
                for number in partitions.map(Int.init) { owned[number]?.keep() }
                world.commits += 1
                return
            case .undo(let partitions):
                for number in partitions.map(Int.init) { owned[number]?.undo(world.mistake) }
                world.aborts += 1
                return
            case .rebuild:
                buffer = []
                owned = [:]
                restores = [:]
                producer = nil
                member = nil
                machine.rebuilt()
                world.rebuilds += 1
                return
            case .stopForTwin:
                throw SimulatedCrash(point: nil)
            }
        }
    }

    /// Writes `seen` and sends the offsets; nil where the commit may go on.
    private func startCommit(
        _ partitions: Set<Int32>
    ) throws(SimulatedCrash) -> DedupTransactionMachine.Outcome? {
        guard let producer, let membership else { preconditionFailure("a commit without a transaction") }
        var offsets: [Int: Int64] = [:]
        for number in partitions.map(Int.init).sorted() {
            guard let partition = owned[number] else { preconditionFailure("\(number) is not owned") }
            var bytes: [UInt8] = []
            partition.core.changes(number: partition.number, nextOffset: partition.offset).encode(into: &bytes)
            buffer.append(
                CrashWorld.Addressed(topic: "seen", number: number, record: ModelRecord(key: nil, value: bytes))
            )
            offsets[number] = partition.offset
        }
        do throws(ModelError) {
            try flush(Int.random(in: 0...buffer.count, using: &world.generator), producer)
        } catch {
            return outcome(error)
        }
        try world.mayCrash(.afterSeen)
        do throws(ModelError) {
            if world.mistake != .leavesOffsetsOut {
                try world.log.sendOffsets(offsets, membership, by: producer, now: world.tick)
            }
        } catch {
            return outcome(error)
        }
        try world.mayCrash(.afterOffsets)
        world.mayStall(name)
        return world.mayFail(0.02)
    }

    private func finishCommit() throws(SimulatedCrash) -> DedupTransactionMachine.Outcome {
        guard let producer else { preconditionFailure("a commit without a producer") }
        do throws(ModelError) {
            try flush(buffer.count, producer)
        } catch {
            return outcome(error)
        }
        try world.mayCrash(.beforeDecision)
        let outcome = end(isCommit: true)
        try world.mayCrash(.afterDecision)
        guard outcome == .done, world.generator.chance(0.05) else { return outcome }
        world.lostAnswers += 1
        return .retry("the answer was lost")
    }

    private func end(isCommit: Bool) -> DedupTransactionMachine.Outcome {
        guard let producer else { preconditionFailure("an end without a producer") }
        do throws(ModelError) {
            try world.log.end(producer, isCommit: isCommit)
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
        if let kept = stale.removeValue(forKey: number) {
            owned[number] = kept
            restores[number] = nil
            return
        }
        try world.mayCrash(.duringRestore)
        let seen = world.log["seen", number]
        let mark = world.mistake == .stopsAtLastStable ? seen.lastStable : seen.end
        switch restores[number] {
        case .start where world.mistake == .takesMarkFirst:
            restores[number] = .hasMark(mark)
        case .start:
            guard let committed = committed(number) else { return }
            restores[number] = .hasCommitted(committed)
        case .hasMark(let mark):
            guard let committed = committed(number) else { return }
            read(number, committed: committed, mark: mark, from: seen.start, RestoreFold(timing: world.timing))
        case .hasCommitted(let committed):
            read(number, committed: committed, mark: mark, from: seen.start, RestoreFold(timing: world.timing))
        case .reads(let committed, let mark, let position, let fold):
            read(number, committed: committed, mark: mark, from: position, fold)
        case nil:
            return
        }
    }

    /// The committed offset, nil in nil where there is none; nil where it is pending.
    private func committed(_ number: Int) -> Int64?? {
        if world.mistake == .takesUnstableOffset { return .some(world.log.committedNow(number)) }
        do throws(ModelError) {
            return .some(try world.log.committedStable(number))
        } catch {
            world.pendingOffsets += 1
            return nil
        }
    }

    private func read(_ number: Int, committed: Int64?, mark: Int64, from position: Int64, _ fold: RestoreFold) {
        var fold = fold
        guard let batch = try? world.log["seen", number].fetch(from: position, .committed, limit: 20) else {
            preconditionFailure("\(position) is not in seen")
        }
        // What stands behind the mark is not this restore's to read.
        for (offset, record) in batch.records where offset < mark {
            record.value?.withUnsafeBytes { fold.add($0, offset: offset) }
        }
        guard batch.position >= mark else {
            if batch.records.isEmpty { world.blockedRestores += 1 }
            restores[number] = .reads(committed: committed, mark: mark, position: batch.position, fold: fold)
            return
        }
        restores[number] = nil
        switch fold.finish(committed: committed) {
        case .firstStart:
            owned[number] = Owned(core: DedupCore(timing: world.timing), number: 1, offset: 0, committed: 0)
        case .restored(let core, let next, let known, _):
            let isAtEnd = world.mistake == .startsAtEnd && committed == nil
            let offset = isAtEnd ? world.log["raw", number].end : known
            owned[number] = Owned(core: core, number: next, offset: offset, committed: offset)
            world.restores += 1
        case .refused(let reason):
            world.violations.append("tick \(world.tick): \(name) was refused partition \(number): \(reason)")
        }
    }
}
