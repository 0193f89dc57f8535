import Dedup
import Kafka
import Logging
import Operations
import Tweets

/// Restores sets beside the polling of the group, a step each turn.
extension DedupLoop {
    /// How often the committed offsets are asked for while a dead owner's transaction holds them back.
    private static let askInterval: Duration = .milliseconds(200)

    /// Goes one step on with the restore under way, or begins one for partitions that wait.
    func advanceRestore() {
        if restore == nil {
            guard hasRestoring else { return }
            let waiting = ownedPartitions.filter { $0.phase == .restoring }
            hasRestoring = false
            guard !waiting.isEmpty else { return }
            restore = RestoreRun(waiting, now: environment.clock())
        }
        guard let run = restore else { return }
        // What was taken away meanwhile is no longer restored.
        for (number, member) in run.members where partition(number) !== member { run.forget(number) }
        do throws(KafkaError) {
            switch run.step {
            case .committed where run.members.isEmpty: break
            case .committed: guard try fetchCommitted(run) else { return }
            case .marks: try fetchMarks(run)
            case .reading: break
            }
            for (partition, result) in run.takeEnded() { ended(partition, result, run) }
            if let problem = run.problem { throw problem }
            board.setProblem("restore", nil)
        } catch {
            let advice = DedupClients.advice(error.code)
            board.setProblem("restore", "Kafka's answer is awaited, and asked for again: \(error)\(advice)")
            if isTimeToTell(run) {
                environment.logger.info(
                    "A restore waits for Kafka's answer, and asks again.",
                    metadata: [LogKey.partition: "\(run.members.keys.sorted())", LogKey.error: "\(error)\(advice)"]
                )
            }
        }
        if run.members.isEmpty { endRestore() } else if run.step == .reading { showProgress(run) }
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
        var committed: [Int32: Int64] = [:]
        for name in names {
            switch answers[name] {
            case .offset(let offset): committed[name.partition] = offset
            case .absent: break
            case .unknown(let code): throw KafkaError(code: code, isRetriable: true)
            case nil: throw KafkaError(code: .timedOut, isRetriable: true)
            }
        }
        run.knows(committed: committed)
        return true
    }

    private func fetchMarks(_ run: RestoreRun) throws(KafkaError) {
        let names = environment.names
        let seen = run.members.keys.map { KafkaPartition(topic: names.seen, partition: $0) }
        let raw = run.members.keys.map { KafkaPartition(topic: names.raw, partition: $0) }
        let marks = try clients.watermarks.watermarks(of: seen + raw, timeout: .seconds(5))
        func numbered(_ partitions: [KafkaPartition]) throws(KafkaError) -> [Int32: KafkaWatermarks] {
            var numbered: [Int32: KafkaWatermarks] = [:]
            for name in partitions {
                guard let ends = marks[name] else { throw KafkaError(code: .timedOut, isRetriable: true) }
                numbered[name.partition] = ends
            }
            return numbered
        }
        run.read(try numbered(seen), rawMarks: try numbered(raw), environment)
    }

    private func ended(_ partition: OwnedPartition, _ result: RestoreLane.Result, _ run: RestoreRun) {
        switch result {
        case .again(let error):
            environment.logger.warning(
                "The changelog of a partition could not be read to its end; its restore begins anew.",
                metadata: [LogKey.partition: "\(partition.number)", LogKey.error: "\(error)"]
            )
        case .read(let outcome, let figures):
            finish(partition, outcome, figures, run)
        }
    }

    private func showProgress(_ run: RestoreRun) {
        let view = DedupView.Restore(run, now: environment.clock())
        for number in view.partitions {
            board.setProblem(
                "partition \(number)",
                "its set of seen IDs is being restored: \(view.ids) IDs, \(view.progress.text)"
            )
        }
        guard isTimeToTell(run) else { return }
        environment.logger.info(
            "Sets of seen IDs are being restored.",
            metadata: [
                LogKey.partition: "\(view.partitions)", LogKey.count: "\(view.ids)",
                "progress": "\(view.progress.text)",
            ]
        )
    }

    /// Whether the log has not heard of a restore for some time; asked when it is about to.
    private func isTimeToTell(_ run: RestoreRun) -> Bool {
        let now = environment.clock()
        guard now - run.toldAt >= environment.progressInterval else { return false }
        run.toldAt = now
        return true
    }

    private func finish(
        _ partition: OwnedPartition,
        _ outcome: RestoreFold.Outcome,
        _ figures: RestoreLane.Figures,
        _ run: RestoreRun
    ) {
        guard let raw = run.rawMarks[partition.number] else {
            preconditionFailure("no ends of raw \(partition.number)")
        }
        switch outcome {
        case .firstStart:
            partition.start(core: DedupCore(timing: environment.timing), nextNumber: 1, offset: raw.low)
        case .restored(let core, let nextNumber, let inputOffset, let note):
            if let note {
                environment.logger.notice(
                    "A restored set is odd, and good.",
                    metadata: [LogKey.partition: "\(partition.number)", LogKey.reason: "\(note)"]
                )
            }
            let hasCommitted = run.committed[partition.number] != nil
            guard inputOffset <= raw.high,
                hasCommitted || !isRawYounger(partition.number, than: figures.lastWritten, at: inputOffset)
            else {
                refuse(partition, Self.rawIsShorter(inputOffset, raw.high))
                return
            }
            partition.start(
                core: core,
                nextNumber: nextNumber,
                offset: inputOffset,
                readThrough: figures.lastWritten
            )
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
                LogKey.count: "\(figures.ids)", "changelog": "\(figures.records)",
                LogKey.duration: "\((environment.clock() - run.begun).milliseconds) ms",
            ]
        )
    }

    /// Whether raw was filled anew beyond the offset that the changelog ends with.
    ///
    /// Kafka forgets a group's offsets with the topic, so this is asked only where the group has none. What stands
    /// before that offset was read, and so received, before the changelog's last record was written.
    private func isRawYounger(_ number: Int32, than lastWritten: Instant?, at inputOffset: Int64) -> Bool {
        guard let lastWritten else { return false }
        let raw = KafkaPartition(topic: environment.names.raw, partition: number)
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

    private func endRestore() {
        let owned = ownedPartitions
        hasStarted = hasStarted || !owned.isEmpty && owned.allSatisfy { $0.phase != .restoring }
        endedRestore = restore
        restore = nil
        board.setProblem("restore", nil)
        // Partitions may have come while it went on, or have to be restored once more.
        hasRestoring = true
    }
}
