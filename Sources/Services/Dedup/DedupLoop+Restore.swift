import Dedup
import Kafka
import Logging
import Operations
import Tweets

/// Restores sets beside the polling of the group, a slice of time each turn.
extension DedupLoop {
    /// Records of the changelog that one turn takes in at most.
    private static let recordsATurn = 500
    /// How often the committed offsets are asked for while a dead owner's transaction holds them back.
    private static let askInterval: Duration = .milliseconds(200)

    /// Goes one step on with the restore under way, or begins one for partitions that wait.
    func advanceRestore() {
        if restore == nil {
            guard hasRestoring else { return }
            let waiting = ownedPartitions.filter { $0.phase == .restoring }
            hasRestoring = false
            guard !waiting.isEmpty else { return }
            restore = RestoreRun(waiting, timing: environment.timing, now: environment.clock())
        }
        guard let run = restore else { return }
        // What was taken away meanwhile is no longer restored.
        for member in run.members.values where partition(member.number) !== member.partition {
            run.members[member.number] = nil
        }
        guard !run.members.isEmpty else {
            endReading()
            return
        }
        do {
            switch run.step {
            case .committed: guard try fetchCommitted(run) else { return }
            case .marks: try fetchMarks(run)
            case .reading: try readChangelog(run)
            }
        } catch {
            run.failure = "\(error)\(DedupClients.advice(error.code))"
        }
        guard restore != nil else { return }
        board.setProblem("restore", run.failure.map { "Kafka's answer is awaited, and asked for again: \($0)" })
    }

    /// Asks for the stable committed offsets, now and then.
    ///
    /// - Returns: Whether it was time to ask, and all are known.
    private func fetchCommitted(_ run: RestoreRun) throws(KafkaError) -> Bool {
        let now = environment.clock()
        if let asked = run.askedAt, now - asked < Self.askInterval { return false }
        run.askedAt = now
        let raw = environment.names.raw
        let names = run.members.keys.map { KafkaPartition(topic: raw, partition: $0) }
        // Partitions that are read already must not wait for long.
        let hasLive = ownedPartitions.contains { $0.phase == .live }
        // Pending transactions make this time out: then it is asked again, and never taken for "none".
        let answers = try clients.offsets.committed(names, timeout: .milliseconds(hasLive ? 100 : 500))
        for name in names {
            switch answers[name] {
            case .offset(let offset): run.members[name.partition]?.committed = offset
            case .absent: run.members[name.partition]?.committed = nil
            case .unknown(let code): throw KafkaError(code: code, isRetriable: true)
            case nil: throw KafkaError(code: .timedOut, isRetriable: true)
            }
        }
        run.step = .marks
        run.failure = nil
        return true
    }

    private func fetchMarks(_ run: RestoreRun) throws(KafkaError) {
        let names = environment.names
        let seen = run.members.keys.map { KafkaPartition(topic: names.seen, partition: $0) }
        let raw = run.members.keys.map { KafkaPartition(topic: names.raw, partition: $0) }
        let marks = try clients.watermarks.watermarks(of: seen + raw, timeout: .seconds(5))
        for name in seen {
            guard let ends = marks[name] else { throw KafkaError(code: .timedOut, isRetriable: true) }
            run.members[name.partition]?.low = ends.low
            run.members[name.partition]?.position = ends.low
            run.members[name.partition]?.mark = ends.high
        }
        for name in raw { run.rawMarks[name.partition] = marks[name] }
        let unread = run.members.values.filter { !$0.isComplete }
        try clients.changelog.assign(
            unread.map { KafkaPosition(topic: names.seen, partition: $0.number, offset: $0.position) }
        )
        run.step = .reading
        run.failure = nil
        finishComplete(run)
    }

    private func readChangelog(_ run: RestoreRun) throws(KafkaError) {
        for turn in 0..<Self.recordsATurn {
            switch clients.changelog.poll(timeout: turn == 0 ? .milliseconds(5) : .zero) {
            case .nothing:
                finishComplete(run)
                if turn > 0, restore != nil {
                    let unread = run.members.values.filter { !$0.isComplete }
                    clients.changelog.lookForMore(
                        of: unread.map { KafkaPartition(topic: environment.names.seen, partition: $0.number) }
                    )
                }
                return
            case .message(let message):
                CrashPoint.duringRestore.pass()
                take(message, run)
            case .partitionEnd(let position):
                // The position passes markers; the end comes again whenever the last stable offset moves.
                advance(run, position.partition.partition, to: position.offset)
            case .error(let error, _):
                throw error
            }
        }
        finishComplete(run)
    }

    private func take(_ message: borrowing KafkaMessage, _ run: RestoreRun) {
        let number = message.partition
        let offset = message.offset
        // Beyond the mark there is nothing of this restore's: the partition has one owner, and that is this instance.
        guard let member = run.members[number], offset >= member.position, offset < member.mark else { return }
        run.members[number]?.fold.add(message.value, offset: offset)
        run.members[number]?.position = offset + 1
        run.failure = nil
        if let stamp = message.timestampMilliseconds { member.lastWritten = Instant(milliseconds: stamp) }
    }

    private func advance(_ run: RestoreRun, _ number: Int32, to offset: Int64) {
        run.failure = nil
        guard let member = run.members[number], offset > member.position else { return }
        run.members[number]?.position = offset
    }

    private func finishComplete(_ run: RestoreRun) {
        for member in run.members.values where member.isComplete {
            run.members[member.number] = nil
            finish(member.partition, member, run)
        }
        guard run.members.isEmpty else { return showProgress(run) }
        hasStarted = true
        endReading()
    }

    private func showProgress(_ run: RestoreRun) {
        let elapsed = Double((environment.clock() - run.begun).milliseconds) / 1000
        let share = run.progress
        let left = share > 0.01 ? ", about \(Int(elapsed / share * (1 - share)) + 1) s to go" : ""
        for number in run.members.keys {
            board.setProblem(
                "partition \(number)",
                "its set of seen IDs is being restored: \(Int(share * 100)) %, \(run.ids) IDs\(left)"
            )
        }
    }

    private func finish(_ partition: OwnedPartition, _ member: RestoreRun.Member, _ run: RestoreRun) {
        guard let raw = run.rawMarks[partition.number] else {
            preconditionFailure("no ends of raw \(partition.number)")
        }
        let (records, ids) = (member.fold.records, member.fold.ids)
        switch member.fold.finish(committed: member.committed) {
        case .firstStart:
            partition.start(core: DedupCore(timing: environment.timing), nextNumber: 1, offset: raw.low)
        case .restored(let core, let nextNumber, let inputOffset, let note):
            if let note {
                environment.logger.notice(
                    "A restored set is odd, and good.",
                    metadata: [LogKey.partition: "\(partition.number)", LogKey.reason: "\(note)"]
                )
            }
            guard inputOffset <= raw.high, member.committed != nil || !isRawYounger(than: member, at: inputOffset)
            else {
                refuse(partition, Self.rawIsShorter(inputOffset, raw.high))
                return
            }
            partition.start(core: core, nextNumber: nextNumber, offset: inputOffset)
            if inputOffset < raw.low { lose(partition, through: raw.low) }
        case .refused(let reason):
            refuse(
                partition,
                "the set of seen IDs cannot be restored: \(reason). Stop all dedup instances and run decahose dedup rebuild"
            )
            return
        }
        read(partition)
        environment.logger.info(
            "A partition is read.",
            metadata: [
                LogKey.partition: "\(partition.number)", LogKey.offset: "\(partition.nextOffset)",
                LogKey.count: "\(ids)", "changelog": "\(records)",
                LogKey.duration: "\((environment.clock() - run.begun).milliseconds) ms",
            ]
        )
    }

    /// Whether raw was filled anew beyond the offset that the changelog ends with.
    ///
    /// Kafka forgets a group's offsets with the topic, so this is asked only where the group has none. What stands
    /// before that offset was read, and so received, before the changelog's last record was written.
    private func isRawYounger(than member: RestoreRun.Member, at inputOffset: Int64) -> Bool {
        guard let lastWritten = member.lastWritten else { return false }
        let raw = KafkaPartition(topic: environment.names.raw, partition: member.number)
        let later = lastWritten + environment.clockSlack
        let found = try? clients.offsets.offsets(at: [(raw, later.milliseconds)], timeout: .seconds(5))
        guard let offset = found?.first?.offset, offset >= 0 else { return false }
        return offset < inputOffset
    }

    private func read(_ partition: OwnedPartition) {
        let position = KafkaPosition(
            topic: environment.names.raw,
            partition: partition.number,
            offset: partition.nextOffset
        )
        do {
            try clients.consumer.incrementalAssign([position])
            partition.isAssigned = true
            board.setProblem("partition \(partition.number)", nil)
        } catch {
            clientsFailed("\(position) could not be assigned: \(error)")
        }
    }

    private func endReading() {
        restore = nil
        board.setProblem("restore", nil)
        // Partitions may have come while it went on.
        hasRestoring = true
        // Nothing is fetched between restores.
        try? clients.changelog.unassign()
    }
}
