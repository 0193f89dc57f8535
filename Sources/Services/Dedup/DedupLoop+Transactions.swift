import Dedup
import Glibc
import Kafka
import Logging
import Operations
import Tweets

/// Performs what the machine decides.
extension DedupLoop {
    private static let callTimeout: Duration = .seconds(10)

    /// Performs an action and those that follow from its outcome.
    func perform(_ first: DedupTransactionMachine.Action) {
        var action = first
        while true {
            switch action {
            case .none:
                return
            case .begin:
                action = machine.began(begin(), at: environment.clock())
            case .commit(let partitions):
                action = machine.commitEnded(commit(partitions), at: environment.clock())
            case .commitAgain:
                // Nothing is shown while this goes on, so readiness is told now.
                board.setProblem("transactions", "a commit is asked for again: \(machine.lastFailure ?? "")")
                // Most calls have waited for their whole time-out; those that come back at once must not spin.
                usleep(20_000)
                action = machine.commitEnded(commitCall(), at: environment.clock())
            case .abort:
                action = machine.abortEnded(abort(), at: environment.clock())
            case .keep(let partitions):
                for number in partitions { partition(number)?.keep() }
                environment.writeRefusal.isOver()
                CrashPoint.afterCommit.pass()
                return
            case .undo(let partitions):
                environment.logger.warning(
                    "A transaction was aborted; its records are read again.",
                    metadata: [LogKey.reason: "\(machine.lastFailure ?? "")"]
                )
                for number in partitions {
                    guard let partition = partition(number) else { continue }
                    recordsUndone += partition.openRecords
                    partition.undo()
                    rewindLater(partition)
                }
                return
            case .rebuild(let reason):
                rebuildReason = reason
                return
            case .stopForTwin:
                failure = ExitError(
                    .configuration,
                    """
                    Another process uses dedup.instance \(environment.instance) with the prefix \
                    \(environment.names.prefix): it took over twice within \
                    \(DedupTransactionMachine.twinWindow.components.seconds) s. Give each instance a name of its own \
                    (dedup.instance, by default the host's name).
                    """
                )
                return
            }
        }
    }

    private func begin() -> DedupTransactionMachine.Outcome {
        calling { () throws(KafkaError) in
            // Before anything is read into it: fresh metadata at the commit would pass for a partition lost meanwhile.
            group = try clients.consumer.groupMetadata()
            try clients.producer.beginTransaction()
        }
    }

    private func commit(_ partitions: Set<Int32>) -> DedupTransactionMachine.Outcome {
        let members = partitions.sorted().compactMap { partition($0) }
        guard let group else { preconditionFailure("a commit without the membership of its begin") }
        for partition in members {
            if case .failed(let reason) = writeChangelog(partition) { return .mustAbort(reason) }
            if case .failed(let reason) = writeControl(partition) { return .mustAbort(reason) }
        }
        CrashPoint.afterSeen.pass()
        let sent = calling { () throws(KafkaError) in
            let positions = members.map {
                KafkaPosition(topic: environment.names.raw, partition: $0.number, offset: $0.nextOffset)
            }
            let deadline = ContinuousClock.now + Self.callTimeout
            while true {
                do throws(KafkaError) {
                    let left = max(.milliseconds(100), deadline - .now)
                    return try clients.producer.sendOffsets(positions, group: group, timeout: left)
                } catch {
                    guard error.isRetriable, deadline > .now else { throw error }
                }
            }
        }
        switch sent {
        case .done: break
        // Nothing was asked to be committed yet, so the outcome is known.
        case .retry(let reason): return .mustAbort(reason)
        default: return sent
        }
        CrashPoint.afterSendOffsets.pass()
        return commitCall()
    }

    private func commitCall() -> DedupTransactionMachine.Outcome {
        calling { () throws(KafkaError) in
            try clients.producer.commitTransaction(timeout: Self.callTimeout) { _ in CrashPoint.insideCommit.pass() }
        }
    }

    private func abort() -> DedupTransactionMachine.Outcome {
        calling { () throws(KafkaError) in try clients.producer.abortTransaction(timeout: Self.callTimeout) { _ in } }
    }

    private func calling(_ call: () throws(KafkaError) -> Void) -> DedupTransactionMachine.Outcome {
        do throws(KafkaError) {
            try call()
            return .done
        } catch {
            return DedupTransactionMachine.Outcome(error, producer: clients.producer)
        }
    }

    /// One changelog record for every partition of the transaction, with IDs or without.
    private func writeChangelog(_ partition: OwnedPartition) -> DedupOutput.Result {
        var bytes: [UInt8] = []
        partition.core.changes(number: partition.nextNumber, nextOffset: partition.nextOffset).encode(into: &bytes)
        return bytes.withUnsafeBytes { value in
            DedupOutput.produce(clients) {
                clients.producer.produce(
                    to: clients.seen,
                    partition: partition.number,
                    key: nil,
                    value: value,
                    timestampMilliseconds: 0
                )
            }
        }
    }

    /// Where records were so old when they were read that compaction may have taken some before, nothing can be counted.
    private func distrustIfLate(_ partition: OwnedPartition) {
        guard let compactionLag, let oldest = partition.oldestReceived,
            environment.wall() - oldest > compactionLag
        else { return }
        partition.core.distrustCensus("dedup was further behind than the compaction lag of raw")
    }

    /// The census that has settled, and the losses that were found.
    private func writeControl(_ partition: OwnedPartition) -> DedupOutput.Result {
        distrustIfLate(partition)
        let census = partition.core.censusRecords(kafkaPartition: Int(partition.number), origins: origins)
        for record in census.map(ControlRecord.census) + partition.losses.map(ControlRecord.loss) {
            guard let value = try? ControlCodec.encode(record) else {
                preconditionFailure("a control record cannot be encoded: \(record)")
            }
            let result = Array(record.key.text.utf8).withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    DedupOutput.produce(clients) {
                        clients.producer.produce(
                            to: clients.control,
                            partition: 0,
                            key: key,
                            value: value,
                            timestampMilliseconds: 0
                        )
                    }
                }
            }
            if case .failed = result { return result }
        }
        return .queued
    }

    /// Marks a partition to be read again from its next offset; librdkafka does not go back itself.
    func rewindLater(_ partition: OwnedPartition) {
        partition.awaitsRewind = true
        partition.isAtEnd = false
        hasUndone = true
    }

    /// Sends the consumer back to where the last committed transaction left off.
    ///
    /// By a seek, which drops what was fetched, and which nobody can take for the answer to a rebalance that is about to
    /// be told, as an unassign would be.
    func rewindUndone(at now: MonotonicInstant) {
        let waiting = ownedPartitions.filter { $0.awaitsRewind && $0.phase == .live && $0.isAssigned }
        do {
            if !waiting.isEmpty {
                try clients.consumer.seek(
                    waiting.map {
                        KafkaPosition(topic: environment.names.raw, partition: $0.number, offset: $0.nextOffset)
                    },
                    timeout: .seconds(1)
                )
            }
            for partition in waiting { partition.awaitsRewind = false }
            hasUndone = false
            rewindFailingSince = nil
        } catch {
            // A partition that is only being started, or stopped, cannot seek yet.
            let since = rewindFailingSince ?? now
            rewindFailingSince = since
            guard now - since > Self.callTimeout else { return }
            rewindFailingSince = nil
            clientsFailed("raw could not be read again after an abort: \(error)")
        }
    }
}
