import Kafka
import Logging
import Operations
import Tweets

/// The one thread that reads delivery reports: counts what is acknowledged, and finds a place for what came back.
///
/// Confined to its thread. Nothing is allocated for the report of a record that was taken.
final class SinkPoller {
    /// How long reports may gather, in milliseconds; claims are told once a second.
    private static let gatheringMilliseconds: UInt32 = 4
    /// How often a watermark is asked for, while any is needed.
    private static let watermarkEvery: Duration = .seconds(1)
    /// After so many bytes that changed hands, memory that was freed meanwhile is given back.
    private static let releaseEvery = 16 << 20

    private let sink: RecordSink
    private let watermarks: SinkWatermarks
    private let logger: Logger
    private var generation: ProducerGeneration
    private var succession = ProducerSuccession()
    private var held = HeldRecords()
    private var bounds: OffsetBounds
    private var fault: TopicFault?
    private var episode = RefusalEpisode()
    private var watermarkDue: MonotonicInstant?
    private var bytesMoved = 0

    init(sink: RecordSink, generation: ProducerGeneration, watermarks: SinkWatermarks, logger: Logger) {
        self.sink = sink
        self.generation = generation
        self.watermarks = watermarks
        self.logger = logger
        bounds = OffsetBounds(partitions: Int(generation.raw.partitionCount))
    }

    /// Polls until the sink is closed.
    func run() {
        while !sink.isClosing {
            let reports = generation.producer.poll(timeout: .milliseconds(held.isEmpty ? 50 : 5)) { take($0) }
            // What is reported meanwhile is taken together: a wake-up of this thread for each batch costs more than the reports.
            if reports > 0, held.isEmpty { pauseThread(milliseconds: Self.gatheringMilliseconds) }
            if generation.producer.fatalError() != nil { succeed() }
            drainRetired()
            findOffsets()
            sendHeld()
            endFaultWithoutRecords()
            show()
        }
    }

    // MARK: Reports

    /// Counts one report.
    private func take(_ report: borrowing KafkaDeliveryReport, isRetired: Bool = false) {
        let opaque = RecordOpaque(word: report.opaque)
        // The visit ends before the piece can be written to again, should this be its last loan: what comes back is copied first.
        defer { if opaque.loan > 0 { sink.loans.giveBack(opaque.loan) } }
        if let code = report.error {
            hold(RefusedRecord(report, code: code))
            return
        }
        if let fault, fault.kind == opaque.kind { endFault() }
        sink.reach.answered()
        let partition = Int(report.partition)
        let bytes = report.value?.count ?? 0
        let lane = sink.lanes.lanes[opaque.lane]
        guard opaque.kind == .raw else {
            lane.acknowledged(opaque, partition: partition, offsets: (0, 0), bytes: bytes)
            return
        }
        guard !isRetired else {
            bounds.take(ofRetired: opaque, partition: partition, bytes: bytes)
            return
        }
        guard let offset = bounds.offset(of: opaque, partition: partition, reported: report.offset, bytes: bytes) else {
            return
        }
        if !bounds.rewritten.isEmpty, let range = bounds.rewritten[partition] {
            lane.rewritten(range, partition: partition)
        }
        lane.acknowledged(opaque, partition: partition, offsets: (offset, offset), bytes: bytes)
    }

    /// Keeps a record that came back, if it has another chance.
    private func hold(_ record: RefusedRecord) {
        var record = record
        sink.countRefusal()
        switch record.cause {
        case .record:
            if episode.count(record.code) {
                logger.error(
                    "Kafka refuses records; each is sent again alone, then to the deadletter topic.",
                    metadata: [LogKey.error: "\(record.code.name): \(record.code.text)"]
                )
            }
            guard record.takeNextChance() else {
                lose(record)
                return
            }
        case .topic, .passing:
            noteFault(record.opaque.kind, record.code)
        case .producer:
            break
        }
        held.append(record)
        release(record.byteCount)
        show()
    }

    private func lose(_ record: RefusedRecord) {
        sink.lanes.lanes[record.opaque.lane].lost(
            record.opaque,
            createdAt: record.createdAt,
            bytes: record.valueByteCount
        )
        if episode.countLoss() {
            logger.error(
                "A record is lost: no topic took it; its time becomes a gap.",
                metadata: [LogKey.error: "\(record.code.name)", LogKey.count: "\(record.valueByteCount) bytes"]
            )
        }
    }

    // MARK: What is held

    /// Sends what is held, oldest first, as far as it goes without waiting long.
    private func sendHeld() {
        while let record = held.first, held.isDue(MonotonicClock.now()) {
            // A record that shares no batch waits until nothing else is on its way.
            if record.isAlone, generation.producer.outQueueLength > 0 { return }
            switch record.produce(with: generation) {
            case .queued:
                if record.isAlone { _ = generation.producer.flush(timeout: .seconds(1)) { take($0) } }
                held.removeFirst()
                release(record.byteCount)
            case .queueFull:
                return
            case .rejected(let code) where RefusalCause(code) == .producer:
                return
            case .rejected(let code) where [.topic, .passing].contains(RefusalCause(code)):
                noteFault(record.opaque.kind, code)
                return
            case .rejected:
                var record = record
                held.removeFirst()
                if record.takeNextChance() { held.append(record) } else { lose(record) }
            }
        }
        guard held.isEmpty, fault == nil, let summary = episode.end() else { return }
        logger.warning(
            "Kafka takes records again; what it had refused has a place.",
            metadata: [LogKey.count: "\(summary.refused)", "lost": "\(summary.lost)"]
        )
    }

    /// Gives back what was freed: the copies are other threads' memory than what they were copied from, which would
    /// otherwise stay with the process beside them.
    private func release(_ byteCount: Int) {
        bytesMoved += byteCount
        guard bytesMoved >= Self.releaseEvery else { return }
        bytesMoved = 0
        KafkaMemory.release()
    }

    private func show() {
        sink.showHeld(
            held.count + bounds.unknown.count,
            isHolding: !held.isEmpty || fault != nil || succession.isDraining
        )
    }

    // MARK: A topic or cluster at fault

    /// The topic or the cluster takes nothing: what is held waits, longer each time.
    private func noteFault(_ kind: RecordOpaque.Kind, _ code: KafkaErrorCode) {
        guard held.wait(from: MonotonicClock.now()) else { return }
        let found = TopicFault(kind: kind, topic: generation.topic(kind).name, code: code)
        if fault != found { sink.report(found) }
        fault = found
    }

    private func endFault() {
        fault = nil
        held.resetPause()
        sink.show(problem: nil)
    }

    /// Records that were given up meanwhile cannot say that Kafka is well again.
    private func endFaultWithoutRecords() {
        if fault != nil, held.isEmpty, generation.producer.outQueueLength == 0 { endFault() }
    }

    // MARK: Offsets that the broker did not repeat

    private func findOffsets() {
        let now = MonotonicClock.now()
        guard !bounds.unknown.isEmpty, watermarkDue.map({ now >= $0 }) ?? true else { return }
        watermarkDue = now + Self.watermarkEvery
        let high: [Int: Int64]
        do {
            high = try watermarks.high(bounds.partitions, timeout: .milliseconds(500))
        } catch {
            logger.debug("Watermarks of raw are not to be had yet.", metadata: [LogKey.error: "\(error)"])
            return
        }
        for (record, last) in bounds.resolve(highWatermarks: high) {
            sink.lanes.lanes[record.opaque.lane].acknowledged(
                record.opaque,
                partition: record.partition,
                offsets: (record.first, last),
                bytes: record.bytes
            )
        }
    }

    // MARK: After a fatal error

    /// Replaces the producer; what it had not delivered comes back and is held.
    private func succeed() {
        let now = MonotonicClock.now()
        let failed = generation
        try? failed.producer.purge()
        failed.producer.poll(timeout: .milliseconds(5)) { take($0) }
        guard succession.isDue(now) else { return }
        let error = failed.producer.fatalError()
        do {
            generation = try ProducerGeneration(after: failed)
        } catch {
            logger.error("A new Kafka producer cannot be made yet.", metadata: [LogKey.error: "\(error)"])
            return
        }
        logger.error(
            "The Kafka producer failed for good; a new one takes over and sends again what was not acknowledged.",
            metadata: [LogKey.error: "\(error.map(String.init(describing:)) ?? "")"]
        )
        if let error, RefusalCause(error.code) == .topic { noteFault(.raw, error.code) }
        succession.began(after: failed, at: now)
        // Old records before new ones, and never two full buffers.
        sink.showHeld(held.count + bounds.unknown.count, isHolding: true)
        sink.replace(failed, by: generation)
    }

    /// What the failed producer still has comes back; a pipeline may have handed it a record at its last moment.
    private func drainRetired() {
        guard let retired = succession.retired else { return }
        if retired.producer.outQueueLength > 0 {
            try? retired.producer.purge()
            retired.producer.poll(timeout: .zero) { take($0, isRetired: true) }
        } else if succession.mayForget(MonotonicClock.now()) {
            succession.forget()
            sink.forgetRetired()
        }
    }
}
