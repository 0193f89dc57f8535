import Dedup
import Glibc
import Kafka
import Logging
import Operations
import Tweets

/// Which partitions are read: what the group decides, and what happens to clients that fail.
extension DedupLoop {
    /// Joins the group; the handler then runs inside polls.
    func join() throws {
        do {
            try clients.consumer.subscribe(to: [environment.names.raw]) { [unowned self] rebalance in
                self.rebalanced(rebalance)
            }
        } catch {
            throw ExitError(.kafkaUnreachable, "The group \(environment.names.dedupGroup) cannot be joined: \(error)")
        }
    }

    private func rebalanced(_ rebalance: KafkaRebalance) {
        do throws(KafkaError) {
            switch rebalance {
            case .assigned(let partitions):
                // Nothing is read before the sets are restored; that happens outside this handler.
                try clients.consumer.incrementalAssign([])
                for partition in partitions { adopt(partition.partition) }
            case .revoked(let partitions):
                perform(machine.revoked(at: environment.clock()))
                try giveUp(partitions)
            case .lost(let partitions):
                perform(machine.lost(at: environment.clock()))
                try giveUp(partitions)
            }
        } catch {
            clientsFailed("an assignment could not be followed: \(error)")
        }
    }

    /// Gives the clients up, outside any call on a transaction.
    func clientsFailed(_ reason: String) {
        perform(machine.clientFailed(reason, isFenced: false, at: environment.clock()))
    }

    private func adopt(_ number: Int32) {
        while owned.count <= Int(number) { owned.append(nil) }
        owned[Int(number)] = OwnedPartition(number: number, timing: environment.timing)
        board.setProblem("partition \(number)", "its set of seen IDs is being restored")
    }

    private func giveUp(_ partitions: [KafkaPartition]) throws(KafkaError) {
        let live = partitions.filter { partition($0.partition)?.phase == .live }
        for partition in partitions { drop(partition.partition) }
        try clients.consumer.incrementalUnassign(live)
    }

    private func drop(_ number: Int32) {
        guard let partition = partition(number) else { return }
        recordsUndone += partition.openRecords
        retired = retired + partition.core.committed
        owned[Int(number)] = nil
        board.setProblem("partition \(number)", nil)
    }

    /// A poll gave an error.
    func readingFailed(_ error: KafkaError, _ kafkaPartition: KafkaPartition?) {
        switch error.code {
        case .offsetOutOfRange, .autoOffsetReset:
            if let kafkaPartition, let partition = partition(kafkaPartition.partition) {
                offsetIsGone(partition, error)
            }
        case .fencedInstanceID:
            perform(machine.clientFailed("\(error)", isFenced: true, at: environment.clock()))
        case .maxPollExceeded:
            environment.logger.warning("Dedup was too slow to poll and left its group.")
        default:
            if error.isFatal {
                let cause = clients.consumer.fatalError() ?? error
                let isFenced = cause.code == .fencedInstanceID
                perform(machine.clientFailed("\(cause)", isFenced: isFenced, at: environment.clock()))
            } else {
                environment.logger.warning("Raw cannot be read.", metadata: [LogKey.error: "\(error)"])
                if let kafkaPartition {
                    board.setProblem("raw \(kafkaPartition.partition)", "it cannot be read: \(error)")
                }
            }
        }
    }

    /// Records what is lost where the next offset lies below the log's start, and stops where it lies above its end.
    private func offsetIsGone(_ partition: OwnedPartition, _ error: KafkaError) {
        perform(machine.revoked(at: environment.clock()))
        guard rebuildReason == nil else { return }
        let name = KafkaPartition(topic: environment.names.raw, partition: partition.number)
        guard let marks = try? clients.watermarks.watermarks(of: [name], timeout: .seconds(5))[name] else {
            rewind([partition])
            return
        }
        if partition.nextOffset > marks.high {
            refuse(partition, Self.rawIsShorter(partition.nextOffset, marks.high))
            try? clients.consumer.incrementalUnassign([name])
            return
        }
        if partition.nextOffset < marks.low { lose(partition, through: marks.low) }
        rewind([partition])
    }

    static func rawIsShorter(_ offset: Int64, _ end: Int64) -> String {
        """
        raw ends at offset \(end), before \(offset), which was read already: it was truncated or made anew. \
        Stop all dedup instances and run decahose dedup rebuild
        """
    }

    /// Records offsets that nobody can read any more, and goes on behind them.
    func lose(_ partition: OwnedPartition, through offset: Int64) {
        environment.logger.error(
            "Records of raw were removed before they were read; gaps will be opened for their time.",
            metadata: [
                LogKey.partition: "\(partition.number)", LogKey.offset: "\(partition.nextOffset)",
                LogKey.next: "\(offset)",
            ]
        )
        metrics.countLost(offset - partition.nextOffset)
        partition.losses.append(
            LossRecord(
                kafkaPartition: Int(partition.number),
                fromOffset: partition.nextOffset,
                toOffset: offset,
                foundAt: environment.wall()
            )
        )
        partition.nextOffset = offset
        partition.committedOffset = offset
        commitWithoutRecords(partition)
    }

    /// Makes a loss part of a transaction, though no record of the partition is.
    private func commitWithoutRecords(_ partition: OwnedPartition) {
        if case .begin = machine.beforeRecord() { perform(.begin) }
        guard case .open = machine.state else { return }
        machine.took(partition.number)
    }

    /// Stops a partition, and says why and what to do.
    func refuse(_ partition: OwnedPartition, _ reason: String) {
        partition.phase = .refused
        board.setProblem("partition \(partition.number)", reason)
        environment.logger.error(
            "A partition is not read.",
            metadata: [LogKey.partition: "\(partition.number)", LogKey.reason: "\(reason)"]
        )
        if !hasStarted { failure = ExitError(.configuration, "Partition \(partition.number) of raw: \(reason)") }
    }

    /// Makes all clients anew and joins again; every set is dropped and will be restored.
    func rebuild(_ reason: String) throws {
        rebuildReason = nil
        environment.logger.warning(
            "The Kafka clients are made anew, and the sets restored.",
            metadata: [LogKey.reason: "\(reason)"]
        )
        restore = nil
        for partition in ownedPartitions { drop(partition.number) }
        while !desk.isStopping {
            do {
                clients = try DedupClients(environment, timeout: .seconds(10))
                board.setProblem("kafka", nil)
                machine.rebuilt()
                return try join()
            } catch let error as KafkaError {
                board.setProblem("kafka", "it does not answer, which is tried again: \(error)")
                usleep(500_000)
            }
        }
    }

    /// Ends what is open and leaves; a static member's place is kept for its return.
    func stop() {
        perform(machine.revoked(at: environment.clock()))
        do {
            try clients.consumer.close()
        } catch {
            environment.logger.warning("The group was not left cleanly.", metadata: [LogKey.error: "\(error)"])
        }
        show()
        environment.logger.info("Dedup has stopped.", metadata: ["unaccounted": "\(desk.view.unaccounted)"])
    }
}
