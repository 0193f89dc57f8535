import Dedup
import Glibc
import Kafka
import Logging
import Operations
import Tweets

/// The one thread of the stage: reads raw, decides, writes, commits.
///
/// Everything in it belongs to that thread; the rebalance handler runs inside its polls.
final class DedupLoop {
    let environment: DedupEnvironment
    let desk: DedupDesk
    let metrics: DedupMetrics
    let board: StatusBoard

    var clients: DedupClients
    var machine: DedupTransactionMachine
    var output = DedupOutput()
    var origins = OriginReader()
    /// By partition number; nil for those of others.
    var owned: [OwnedPartition?] = []
    var restore: RestoreRun?
    /// The one before, whose threads may still be tidying up.
    var endedRestore: RestoreRun?
    /// The membership when the open transaction began.
    var group: KafkaGroupMetadata?
    /// Why the process must end; found where nothing can be thrown.
    var failure: ExitError?
    /// Whether the first restore is over: a refusal before that ends the process.
    var hasStarted = false
    /// Whether a partition waits for the consumer to go back.
    var hasUndone = false
    /// Whether a partition may wait for its restore.
    var hasRestoring = false
    /// Whether a loss waits to be told.
    var hasLosses = false
    /// Since when the consumer has not gone back.
    var rewindFailingSince: MonotonicInstant?
    /// Why the clients must be made anew; found inside the rebalance handler, where they cannot be.
    var rebuildReason: String?

    /// Records taken in, again for each time.
    var recordsRead = 0
    /// Records whose transaction was aborted.
    var recordsUndone = 0
    /// How often the clients were made anew.
    var rebuilds = 0
    /// Fates of partitions that are no longer owned.
    var retired = DedupCounters()

    /// The partitions on record.
    let partitionCount: Int
    /// How old an unread record of raw may become before compaction can take it; nil where raw is not compacted.
    let compactionLag: Duration?

    private var shownAt: MonotonicInstant?
    /// Bytes taken in since the consumer's queue was empty.
    private var bytesInARow = 0

    private static let pollMax: Duration = .milliseconds(100)
    private static let showInterval: Duration = .milliseconds(500)
    /// After so many bytes without a pause the consumer's queue may have been full.
    private static let bytesToLookForMore = 4 << 20
    /// How many records at most between two looks at the clock.
    private static let recordsATurn = 64

    /// Connects; blocks until Kafka answers, for a bounded time.
    init(
        _ environment: DedupEnvironment,
        desk: DedupDesk,
        metrics: DedupMetrics,
        board: StatusBoard
    ) throws(ExitError) {
        self.environment = environment
        self.desk = desk
        self.metrics = metrics
        self.board = board
        machine = DedupTransactionMachine(commitInterval: environment.commitInterval)
        partitionCount = try TopicCheck.requireTopics(
            environment.names,
            properties: environment.kafka,
            recordedBy: environment.recordedBy,
            now: environment.wall,
            timeout: DedupEnvironment.startTimeout,
            observer: environment.observer
        )
        compactionLag = RawCompaction.lag(environment)
        do {
            clients = try DedupClients(environment, timeout: DedupEnvironment.startTimeout)
        } catch {
            throw DedupClients.startFailure(error)
        }
    }

    /// Works until it is asked to stop.
    func run() throws {
        try join()
        environment.logger.info(
            "Dedup has joined its group.",
            metadata: ["instance": "\(environment.instance)", LogKey.topic: "\(environment.names.raw)"]
        )
        while !desk.isStopping { try turn() }
        stop()
        if let failure { throw failure }
    }

    private func turn() throws {
        let now = environment.clock()
        perform(machine.tick(at: now))
        if let reason = rebuildReason { try rebuild(reason) }
        // Outside the rebalance handler, in which nothing may be read anew.
        if hasUndone { rewindUndone(at: now) }
        advanceRestore()
        if hasLosses { commitLosses(at: now) }
        showIfDue(now)
        // The commit tells what a failed record means for the transaction.
        clients.producer.poll(timeout: .zero) { _ in }
        if let failure { throw failure }
        guard machine.isReady(at: now) else {
            // After a failure: wait a little before trying again; the group is served by librdkafka meanwhile.
            usleep(5000)
            return
        }
        var timeout = pollTimeout(now)
        if bytesInARow > Self.bytesToLookForMore {
            // There was always more so far: where there is none now, the consumer's queue was full and is empty.
            timeout = .zero
        }
        for _ in 0..<Self.recordsATurn {
            let goesOn = take(clients.consumer.poll(timeout: timeout))
            if !goesOn || hasUndone || !machine.isReady(at: now) { return }
            timeout = .zero
        }
    }

    /// Nothing is left to take in.
    private func ranDry() {
        if bytesInARow > Self.bytesToLookForMore {
            let raw = environment.names.raw
            let read = ownedPartitions.filter { $0.isAssigned && !$0.isAtEnd }
            clients.consumer.lookForMore(of: read.map { KafkaPartition(topic: raw, partition: $0.number) })
        }
        bytesInARow = 0
    }

    private func pollTimeout(_ now: MonotonicInstant) -> Duration {
        guard case .open(let transaction) = machine.state else {
            return restore == nil ? Self.pollMax : .milliseconds(10)
        }
        return max(.zero, min(Self.pollMax, transaction.since + machine.interval - now))
    }

    /// Takes in what a poll gave.
    ///
    /// - Returns: Whether there may be more at once.
    private func take(_ event: consuming KafkaConsumerEvent) -> Bool {
        switch consume event {
        case .nothing:
            ranDry()
            return false
        case .message(let message):
            bytesInARow += message.value?.count ?? 0
            take(message)
            return true
        case .partitionEnd(let position):
            if let partition = partition(position.partition.partition), !partition.awaitsRewind {
                reachedEnd(partition)
            }
            return true
        case .error(let error, let partition):
            readingFailed(error, partition)
            return false
        }
    }

    func partition(_ number: Int32) -> OwnedPartition? {
        owned.indices.contains(Int(number)) ? owned[Int(number)] : nil
    }

    var ownedPartitions: [OwnedPartition] { owned.compactMap { $0 } }

    // MARK: Records

    private func take(_ message: borrowing KafkaMessage) {
        guard let partition = partition(message.partition), partition.phase == .live, !partition.awaitsRewind,
            message.offset >= partition.nextOffset
        else { return }
        if partition.isDisturbed { recover(partition) }
        if case .begin = machine.beforeRecord() {
            CrashPoint.beforeBegin.pass()
            perform(.begin)
            guard case .open = machine.state else {
                rewindLater(partition)
                return
            }
        }
        machine.took(partition.number)
        recordsRead += 1
        partition.openRecords += 1
        partition.recordsSinceShown += 1
        let received = Instant(milliseconds: message.timestampMilliseconds ?? environment.wall().milliseconds)
        if message.offset > partition.nextOffset {
            passedHole(partition, before: message.offset, received: received)
        }
        partition.nextOffset = message.offset + 1
        partition.lastReceived = received
        partition.oldestReceived = partition.oldestReceived.map { min($0, received) } ?? received
        partition.readThrough = received
        partition.isAtEnd = false
        let result: DedupOutput.Result
        if let key = message.key, let id = TweetID(decimal: key) {
            let record = RawRecord(
                id: id,
                isDelete: message.value == nil,
                received: received,
                origin: origins.origin(of: message.header(RecordHeader.name))
            )
            result = output.write(partition.core.decide(record), message, received: received, clients)
        } else {
            partition.core.countUnreadable()
            result = output.writeUnreadable(message, received: received, clients)
        }
        if case .failed(let reason) = result { perform(machine.failed(.mustAbort(reason), at: environment.clock())) }
        CrashPoint.afterProduce.pass()
    }

    // MARK: Showing

    private func showIfDue(_ now: MonotonicInstant) {
        if let shownAt, now - shownAt < Self.showInterval { return }
        shownAt = now
        show()
    }

    /// Brings status and metrics up to date.
    func show() {
        var view = DedupView()
        view.instance = environment.instance
        var committed = retired
        var open = DedupCounters()
        let wall = environment.wall()
        for partition in ownedPartitions {
            committed = committed + partition.core.committed
            open = open + partition.core.open
            view.partitions.append(DedupView.Partition(partition))
            guard let lastReceived = partition.lastReceived else { continue }
            partition.receiptRate.read(partition.recordsSinceShown, through: lastReceived)
            partition.recordsSinceShown = 0
            let lag = max(.zero, wall - lastReceived)
            view.lagSeconds = max(view.lagSeconds, Double(lag.milliseconds) / 1000)
            view.lagRecords += partition.receiptRate.records(in: lag)
            if let streamTime = partition.core.progress.streamTime {
                let eventLag = max(.zero, wall - streamTime)
                view.eventLagSeconds = max(view.eventLagSeconds, Double(eventLag.milliseconds) / 1000)
            }
        }
        view.restore = restore.map { DedupView.Restore($0, now: environment.clock()) }
        view.recordsRead = recordsRead
        let decided = committed + open
        view.counts = decided.byName
        view.unaccounted = recordsRead - recordsUndone - decided.decided
        view.commits = machine.commits
        view.aborts = machine.aborts
        view.rebuilds = rebuilds
        view.commitIntervalMilliseconds = machine.interval.milliseconds
        view.lastFailure = machine.lastFailure
        board.setProblem("lag", RawCompaction.warning(lagSeconds: view.lagSeconds, compactionLag))
        // With nothing left to read there is nothing to try again, and no commit will tell that all is well.
        let isIdle =
            machine.state == .idle
            && ownedPartitions.allSatisfy { $0.phase == .refused || $0.phase == .live && $0.isAtEnd }
        if isIdle { machine.nothingIsLeft() }
        board.setProblem("writing", environment.writeRefusal.problem)
        board.setProblem("transactions", machine.lastFailure.map { "the last one failed and is tried again: \($0)" })
        metrics.show(committed, read: recordsRead, view: view)
        desk.view = view
    }
}

extension DedupView.Partition {
    init(_ owned: OwnedPartition) {
        let usage = owned.core.usage
        self.init(
            partition: owned.number,
            phase: "\(owned.phase)",
            nextOffset: owned.nextOffset,
            streamTime: owned.core.progress.streamTime,
            lateLine: owned.core.progress.lateLine,
            ids: usage.freshIDs + usage.frozenIDs,
            bytes: usage.bytes
        )
    }
}

extension DedupView.Restore {
    init(_ run: RestoreRun, now: MonotonicInstant) {
        self.init(
            partitions: run.members.keys.sorted(),
            ids: run.ids,
            progress: ReadingProgress(share: run.share, elapsed: now - run.begun)
        )
    }
}

extension DedupCounters {
    /// The fates by the names of the metric's label.
    var byName: [String: Int] {
        [
            "emitted": emitted, "duplicate": duplicates, "suppressed": suppressed, "delete_first": deletesFirst,
            "delete_repeated": deletesRepeated, "delete_own": deletesOwn, "late": late, "unreadable": unreadable,
        ]
    }
}
