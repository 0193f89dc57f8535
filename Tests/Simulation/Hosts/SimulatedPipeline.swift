import Ingest
import ModelLog
import Recovery
import Tweets

/// From bytes to records, in the order of the production's `IngestPipeline`.
final class SimulatedPipeline {
    let lane: AcknowledgementLane
    var coverage: SessionCoverage
    private(set) var counts = PipelineCounts()
    var notices: [SystemMessage] = []
    var hasPaused = false
    private let producer: SimulatedProducer
    private let liveHeader: String
    private let backfillHeader: String
    private let backfillBefore: Int64
    private var framer = MessageFramer(
        lineBytesMax: UpstreamLines.lineBytesMax,
        memoryBytesMax: UpstreamLines.memoryBytesMax
    )
    private let scanner = TweetIDScanner()
    private var received: Int64 = 0

    init(
        producer: SimulatedProducer,
        lane: AcknowledgementLane,
        header: RecordHeader,
        backfillBefore: Instant?,
        coverage: SessionCoverage
    ) {
        self.producer = producer
        self.lane = lane
        self.coverage = coverage
        liveHeader = header.text
        var backfill = header
        if backfillBefore != nil { backfill.source = .backfill }
        backfillHeader = backfill.text
        self.backfillBefore = backfillBefore?.milliseconds ?? .min
    }

    func consume(_ bytes: UnsafeRawBufferPointer, received: Instant) {
        self.received = received.milliseconds
        framer.consume(bytes) { line, kind in take(line, kind) }
    }

    func finish(now: MonotonicInstant) {
        counts.truncatedTail = Int64(framer.endOfStream())
        coverage.finish(now: now)
    }

    func settle(isOver: Bool) -> (counts: AcknowledgementLane.Counts, offsets: [Int: SessionRecord.Offsets]) {
        lane.withState { state in
            state.losses.move(to: &coverage)
            coverage.settle(isOver: isOver) { state.slots[$0] }
            return (state.counts, state.offsets)
        }
    }

    private func take(_ line: UnsafeRawBufferPointer, _ kind: MessageFramer.LineKind) {
        switch kind {
        case .line: take(message: line)
        case .heartbeat: counts.heartbeats += 1
        case .oversize: aside(line)
        case .overflow: lose(scanner.identify(prefix: line))
        }
        counts.framed += 1
    }

    private func take(message line: UnsafeRawBufferPointer) {
        switch scanner.classify(line) {
        case .tweet(let id):
            let isBackfill = (id.createdAt?.milliseconds ?? .max) < backfillBefore
            send(.raw, id, key: id, value: Array(line), isBackfill ? backfillHeader : liveHeader)
            coverage.read(id)
            counts.tweets += 1
        case .delete(let id):
            send(.raw, id, key: id, value: nil, liveHeader)
            coverage.readOther()
            counts.deletes += 1
        case .compliance(_, let key):
            send(.compliance, nil, key: key.flatMap { TweetID($0) }, value: Array(line), liveHeader)
            coverage.readOther()
        case .notice(let kind):
            counts.notices += 1
            if notices.count < 100 { notices.append(SystemMessage(line, kind: kind)) }
        case .unknown:
            aside(line)
        }
    }

    private func aside(_ line: UnsafeRawBufferPointer) {
        var id: TweetID?
        if case .tweet(let tweet) = scanner.classify(line) { id = tweet }
        send(.deadletter, id, key: nil, value: Array(line), liveHeader)
        coverage.readOther()
    }

    private func lose(_ id: TweetID?) {
        counts.lost += 1
        coverage.lost(createdAt: id?.createdAt)
    }

    private func send(_ kind: RecordOpaque.Kind, _ id: TweetID?, key: TweetID?, value: [UInt8]?, _ header: String) {
        counts.queued += 1
        producer.produce(
            ModelRecord(key: key?.withDecimal { Array($0) }, value: value, header: header, timestamp: received),
            RecordOpaque(kind: kind, lane: lane.number, slot: coverage.slot),
            id: id
        )
    }
}
