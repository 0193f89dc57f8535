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
                board.setProblem("raw", nil)
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
        guard Int(number) < partitionCount else {
            failure = ExitError(
                .configuration,
                """
                \(environment.names.raw) has a partition \(number), but \(partitionCount) partitions are on record: some \
                were added. Tweets are placed by that number: another one breaks uniqueness. To grow, create topics under \
                a new topics.prefix and replay.
                """
            )
            return
        }
        while owned.count <= Int(number) { owned.append(nil) }
        owned[Int(number)] = OwnedPartition(number: number, timing: environment.timing)
        hasRestoring = true
        board.setProblem("partition \(number)", "its set of seen IDs is being restored")
    }

    private func giveUp(_ partitions: [KafkaPartition]) throws(KafkaError) {
        let assigned = partitions.filter { partition($0.partition)?.isAssigned == true }
        for partition in partitions { drop(partition.partition) }
        try clients.consumer.incrementalUnassign(assigned)
    }

    private func drop(_ number: Int32) {
        guard let partition = partition(number) else { return }
        recordsUndone += partition.openRecords
        retired = retired + partition.core.committed
        owned[Int(number)] = nil
        board.setProblem("partition \(number)", nil)
        board.setProblem("raw \(number)", nil)
    }

    /// Raw was read to its end.
    func reachedEnd(_ partition: OwnedPartition) {
        partition.lastReceived = nil
        partition.readThrough = nil
        partition.isAtEnd = true
        if partition.isDisturbed { recover(partition) }
    }

    /// Reading goes on after a failure.
    func recover(_ partition: OwnedPartition) {
        partition.isDisturbed = false
        board.setProblem("raw \(partition.number)", nil)
    }

    /// A poll gave an error.
    func readingFailed(_ error: KafkaError, _ kafkaPartition: KafkaPartition?) {
        switch error.code {
        case .offsetOutOfRange, .autoOffsetReset:
            if let kafkaPartition, let partition = partition(kafkaPartition.partition) {
                offsetIsGone(partition, error)
            }
        case .fencedInstanceID:
            let reason = "\(error)\(DedupClients.advice(error.code))"
            perform(machine.clientFailed(reason, isFenced: true, at: environment.clock()))
        case .maxPollExceeded:
            environment.logger.warning("Dedup was too slow to poll and left its group.")
        default:
            if error.isFatal {
                let cause = clients.consumer.fatalError() ?? error
                let isFenced = cause.code == .fencedInstanceID
                let reason = "\(cause)\(DedupClients.advice(cause.code))"
                perform(machine.clientFailed(reason, isFenced: isFenced, at: environment.clock()))
            } else {
                environment.logger.warning("Raw cannot be read.", metadata: [LogKey.error: "\(error)"])
                if let kafkaPartition {
                    disturbed(kafkaPartition, error)
                } else if error.code.isRefusal {
                    // The group is refused: no partition will come until somebody allows it.
                    board.setProblem("raw", "its group cannot be joined: \(error)\(DedupClients.advice(error.code))")
                }
            }
        }
    }

    private func disturbed(_ kafkaPartition: KafkaPartition, _ error: KafkaError) {
        // Errors of the whole topic name no partition; they too are over once something is read.
        for partition in ownedPartitions where [partition.number, -1].contains(kafkaPartition.partition) {
            partition.isDisturbed = true
            board.setProblem(
                "raw \(partition.number)",
                "it cannot be read: \(error)\(DedupClients.advice(error.code))"
            )
        }
        if ownedPartitions.isEmpty {
            board.setProblem("raw", "it cannot be read: \(error)\(DedupClients.advice(error.code))")
        }
    }

    /// The next offset lies below raw's start or above its end: the restore finds out which, and does what is to be done.
    private func offsetIsGone(_ partition: OwnedPartition, _ error: KafkaError) {
        perform(machine.revoked(at: environment.clock()))
        guard rebuildReason == nil else { return }
        clientsFailed("offset \(partition.nextOffset) of raw \(partition.number) cannot be read: \(error)")
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
        rebuilds += 1
        environment.logger.warning(
            "The Kafka clients are made anew, and the sets restored.",
            metadata: [LogKey.reason: "\(reason)"]
        )
        restore?.cancel()
        restore = nil
        board.setProblem("restore", nil)
        hasUndone = false
        board.setProblem("kafka", "the clients are made anew, since they cannot be used any more: \(reason)")
        for partition in ownedPartitions { drop(partition.number) }
        while !desk.isStopping {
            do {
                clients = try DedupClients(environment, timeout: .seconds(10))
                board.setProblem("kafka", nil)
                machine.rebuilt()
                return try join()
            } catch let error as KafkaError {
                board.setProblem(
                    "kafka",
                    "what is needed of it cannot be had, which is tried again: \(error)\(DedupClients.advice(error.code))"
                )
                usleep(500_000)
            }
        }
    }

    /// Ends what is open and leaves; a static member's place is kept for its return.
    func stop() {
        perform(machine.revoked(at: environment.clock()))
        restore?.cancel()
        endedRestore?.cancel()
        do {
            try clients.consumer.close()
        } catch {
            environment.logger.warning("The group was not left cleanly.", metadata: [LogKey.error: "\(error)"])
        }
        show()
        environment.logger.info("Dedup has stopped.", metadata: ["unaccounted": "\(desk.view.unaccounted)"])
    }
}
