import Ingest
import Kafka
import Operations
import Recovery
import StreamClient
import Synchronization
import Tweets

/// The walk of the data plane for one HTTP answer: socket bytes → inflate → frame → ID → keyed record.
///
/// The same for a live session and for a recovery request; nothing downstream knows which one fed it but for the `dh`
/// header. Confined to the thread that reads. Where the producer's buffer is full, `consume` blocks, and with it the
/// socket; it never drops. Nothing of ours is allocated for a Tweet.
final class IngestPipeline {
    /// How its records are marked.
    struct Marking {
        /// The header of Tweets created before the plain left end, and of all others.
        var header: RecordHeader
        /// Older Tweets are marked as backfill; nil for a recovery, where all are marked alike.
        var backfillBefore: Instant?
    }

    let lane: AcknowledgementLane
    var coverage: SessionCoverage
    private(set) var counts = PipelineCounts()
    /// What the upstream said since this was last emptied.
    var notices: [SystemMessage] = []
    /// Whether reading had to wait for Kafka since this was last set back.
    var hasPaused = false
    /// Whether reading waits for Kafka just now.
    private(set) var isPaused = false

    /// Called every few milliseconds while Kafka takes nothing; false gives up the rest of the bytes.
    var whilePaused: () -> Bool = { true }
    /// Called after each piece with the number of records in it; may block to limit the rate.
    var throttle: ((Int) -> Void)?

    private static let noticesMax = 100

    private let sink: RecordSink
    private let marking: Marking
    private let liveHeader: HeaderText
    private let backfillHeader: HeaderText
    private let backfillBefore: Int64
    private var reasonHeaders: [UnknownReason: HeaderText] = [:]
    private var generation: ProducerGeneration
    private var inflater: Inflater?
    private var room: PlainRoom
    private var framer: MessageFramer
    private let scanner = TweetIDScanner()
    private var received: Int64 = 0
    private var hasStopped = false
    /// Why the producer took nothing of late without having been asked to send it.
    private var rejection: KafkaErrorCode?

    /// A pipeline at the head of an answer.
    ///
    /// - Parameters:
    ///   - sink: Where records go; connected.
    ///   - lane: Where their reports are counted.
    ///   - marking: How they are marked.
    ///   - coverage: What they prove.
    ///   - isGzip: Whether the body is compressed.
    ///   - lineBytesMax: Longer lines go to the deadletter topic, in bytes.
    init(
        sink: RecordSink,
        generation: ProducerGeneration,
        lane: AcknowledgementLane,
        marking: Marking,
        coverage: SessionCoverage,
        isGzip: Bool,
        lineBytesMax: Int
    ) {
        self.sink = sink
        self.generation = generation
        self.lane = lane
        self.marking = marking
        self.coverage = coverage
        liveHeader = HeaderText(marking.header.text)
        var backfill = marking.header
        if marking.backfillBefore != nil { backfill.source = .backfill }
        backfillHeader = HeaderText(backfill.text)
        backfillBefore = marking.backfillBefore?.milliseconds ?? .min
        inflater = isGzip ? Inflater() : nil
        room = PlainRoom(sink.loans)
        framer = MessageFramer(lineBytesMax: lineBytesMax)
    }

    /// Takes bytes of the body.
    ///
    /// - Returns: Whether to go on; false once `whilePaused` gave up.
    func consume(_ bytes: UnsafeRawBufferPointer) throws(InflateError) -> Bool {
        counts.wireBytes += Int64(bytes.count)
        guard inflater != nil else { return takePlain(bytes) }
        return try inflater?.inflate(bytes, into: { room.next() }, { takePlain($0) }) ?? false
    }

    /// Whether the answer, should it end here, is cut inside a gzip member.
    var isTruncated: Bool { inflater?.isTruncated ?? false }

    /// The answer is over.
    func finish(now: MonotonicInstant) {
        counts.truncatedTail = Int64(framer.endOfStream())
        room.leave()
        coverage.finish(now: now)
    }

    /// Takes the lane's losses over and counts its acknowledgements.
    ///
    /// - Returns: What the reports have said, and whether the claim changed.
    func settle(isOver: Bool) -> (counts: AcknowledgementLane.Counts, offsets: [Int: SessionRecord.Offsets]) {
        lane.withState { state in
            state.losses.move(to: &coverage)
            coverage.settle(isOver: isOver) { state.slots[$0] }
            return (state.counts, state.offsets)
        }
    }

    // MARK: The walk

    private func takePlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        counts.plainBytes += Int64(bytes.count)
        received = WallClock.now().milliseconds
        let before = counts.queued
        room.filled(bytes)
        framer.consume(bytes) { line, kind in take(line, kind) }
        if let throttle, counts.queued > before { throttle(Int(counts.queued - before)) }
        return !hasStopped
    }

    /// Takes one line; counts it only when it is disposed of.
    private func take(_ line: UnsafeRawBufferPointer, _ kind: MessageFramer.LineKind) {
        guard !hasStopped else { return }
        let isDone: Bool
        switch kind {
        case .line:
            isDone = take(message: line)
        case .heartbeat:
            counts.heartbeats += 1
            isDone = true
        case .oversize:
            isDone = aside(line, .oversize)
        case .overflow:
            lose(scanner.identify(prefix: line))
            isDone = true
        }
        if isDone { counts.framed += 1 } else { hasStopped = true }
    }

    private func take(message line: UnsafeRawBufferPointer) -> Bool {
        switch scanner.classify(line) {
        case .tweet(let id):
            let isBackfill = (id.createdAt?.milliseconds ?? .max) < backfillBefore
            switch keyed(id, value: line, isBackfill ? backfillHeader : liveHeader) {
            case .queued:
                coverage.read(id)
            case .refused:
                guard aside(line, .oversize) else { return false }
            case .stopped:
                return false
            }
            counts.tweets += 1
            if isBackfill { counts.backfillTweets += 1 }
            return true
        case .delete(let id):
            switch keyed(id, value: nil, liveHeader) {
            case .queued: coverage.readOther()
            case .refused: lose(id)
            case .stopped: return false
            }
            counts.deletes += 1
            return true
        case .compliance(_, let key):
            return compliance(line, key: key)
        case .notice(let kind):
            counts.notices += 1
            if notices.count < Self.noticesMax { notices.append(SystemMessage(line, kind: kind)) }
            return true
        case .unknown(let reason):
            return aside(line, reason)
        }
    }

    /// Sends a Tweet or, without a value, a tombstone to raw.
    private func keyed(_ id: TweetID, value: UnsafeRawBufferPointer?, _ header: HeaderText) -> Sent {
        id.withDecimal { key in
            let partition = KafkaPartitioner.partition(of: key, count: generation.raw.partitionCount)
            return send(.raw, partition: partition, key: key, value: value, header)
        }
    }

    private func compliance(_ line: UnsafeRawBufferPointer, key: UInt64?) -> Bool {
        guard let key, let id = TweetID(key) else { return unkeyed(.compliance, line, liveHeader) }
        return id.withDecimal { key in
            let count = generation.compliance.partitionCount
            let partition = KafkaPartitioner.partition(of: key, count: count)
            let result = send(.compliance, partition: partition, key: key, value: line, liveHeader)
            if result == .queued { coverage.readOther() }
            return result == .refused ? aside(line, .oversize) : result == .queued
        }
    }

    /// Sends bytes to the deadletter topic with the reason.
    private func aside(_ line: UnsafeRawBufferPointer, _ reason: UnknownReason) -> Bool {
        let header: HeaderText
        if let known = reasonHeaders[reason] {
            header = known
        } else {
            header = HeaderText("\(marking.header.text) e=\(reason.rawValue)")
            reasonHeaders[reason] = header
        }
        return unkeyed(.deadletter, line, header)
    }

    /// Sends a record without a key; where no topic takes it, it is lost with its ID.
    private func unkeyed(_ kind: RecordOpaque.Kind, _ line: UnsafeRawBufferPointer, _ header: HeaderText) -> Bool {
        let count = generation.topic(kind).partitionCount
        let partition = Int32(truncatingIfNeeded: counts.queued % Int64(count))
        switch send(kind, partition: partition, key: nil, value: line, header) {
        case .queued:
            coverage.readOther()
            return true
        case .stopped:
            return false
        case .refused:
            if case .tweet(let id) = scanner.classify(line) { lose(id) } else { lose(nil) }
            return true
        }
    }

    private func lose(_ id: TweetID?) {
        counts.lost += 1
        coverage.lost(createdAt: id?.createdAt)
    }

    private enum Sent {
        case queued
        case refused
        case stopped
    }

    /// Hands a record to the producer, waiting while its buffer is full.
    private func send(
        _ kind: RecordOpaque.Kind,
        partition: Int32,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        _ header: HeaderText
    ) -> Sent {
        let loan = room.loan(of: value)
        while true {
            // What came back goes first.
            if sink.isHolding.load(ordering: .relaxed) {
                guard waitForKafka() else { return .stopped }
                continue
            }
            let result = generation.producer.produce(
                to: generation.topic(kind),
                partition: partition,
                key: key,
                value: value,
                timestampMilliseconds: received,
                header: KafkaHeader(RecordHeader.name, header.bytes),
                opaque: RecordOpaque(kind: kind, lane: lane.number, slot: coverage.slot, loan: loan).word,
                isLent: loan > 0
            )
            switch result {
            case .queued:
                if loan > 0 { room.countLoan() }
                counts.queued += 1
                counts.queuedBytes += Int64(value?.count ?? 0)
                if rejection != nil { takenAgain() }
                return .queued
            case .rejected(let code) where RefusalCause(code) == .record:
                return .refused
            case .rejected(let code):
                if rejection != code, RefusalCause(code) == .topic { show(code, of: kind) }
                guard waitForKafka() else { return .stopped }
            case .queueFull:
                guard waitForKafka() else { return .stopped }
            }
        }
    }

    /// The producer knows already that the topic takes nothing.
    private func show(_ code: KafkaErrorCode, of kind: RecordOpaque.Kind) {
        rejection = code
        sink.report(TopicFault(kind: kind, topic: generation.topic(kind).name, code: code))
    }

    private func takenAgain() {
        rejection = nil
        sink.show(problem: nil)
    }

    private func waitForKafka() -> Bool {
        hasPaused = true
        isPaused = true
        defer { isPaused = false }
        pauseThread(milliseconds: 2)
        if sink.generationNumber.load(ordering: .acquiring) != generation.number, let next = sink.generation() {
            generation = next
        }
        received = WallClock.now().milliseconds
        return whilePaused()
    }
}
