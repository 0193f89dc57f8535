import ModelLog
import Recovery
import Tweets

/// An idempotent producer with `acks=all` and no time-out, and what the production's sink makes of its reports.
///
/// One batch of a partition is on its way at a time. A batch that was written and not acknowledged is sent again, and the
/// broker, which has it, names its offset; one that has forgotten it, or of before 1.0, names none.
final class SimulatedProducer {
    struct Waiting {
        var record: ModelRecord
        var opaque: RecordOpaque
        var id: TweetID?
    }

    private struct Batch {
        enum State {
            case toSend
            /// Written; the report comes with the next step.
            case written(first: Int64?)
        }

        var records: [Waiting]
        var state: State = .toSend
        /// Whether the broker may have it.
        var isInDoubt = false
    }

    static let batchMax = 200
    /// Records that may wait; reading stops beyond.
    static let capacity = 4000

    private unowned let simulation: Simulation
    private let role: SimulatedProcess.Role
    private let place: Int
    private let who: Int
    /// The connection's bit in the truth; nil for recovery.
    private let copy: Int?
    private var queues: [[Waiting]]
    private var batches: [Batch?]
    private var sequences: [Int]
    private var number: Int
    private var bounds: OffsetBounds
    private var lanes: [AcknowledgementLane] = []
    private var freeLanes: [AcknowledgementLane] = []
    /// Records that were refused and wait to be sent again alone, or to deadletter.
    private(set) var waiting = 0
    private var askOffsetsAt: Int64 = 0

    /// The producer of the process that is being started.
    init(_ simulation: Simulation, _ role: SimulatedProcess.Role, place: Int, copy: Int?) {
        self.simulation = simulation
        self.role = role
        self.place = place
        who = simulation.story.names.count
        self.copy = copy
        let count = simulation.plan.kafkaPartitions
        // The last two are the one partitions of compliance and deadletter.
        queues = Array(repeating: [], count: count + 2)
        batches = Array(repeating: nil, count: count + 2)
        sequences = Array(repeating: 0, count: count + 2)
        bounds = OffsetBounds(partitions: count)
        number = simulation.newProducerNumber()
    }

    var isFull: Bool { waiting >= Self.capacity }
    var isIdle: Bool { waiting == 0 }

    func takeLane() -> AcknowledgementLane {
        let lane: AcknowledgementLane
        if let free = freeLanes.popLast() {
            lane = free
        } else {
            lane = AcknowledgementLane(number: lanes.count)
            lanes.append(lane)
        }
        lane.begin(kafkaPartitions: simulation.plan.kafkaPartitions)
        return lane
    }

    func giveBack(_ lane: AcknowledgementLane) { freeLanes.append(lane) }

    /// Takes a record; each has exactly one report.
    func produce(_ record: ModelRecord, _ opaque: RecordOpaque, id: TweetID?) {
        let place: Int
        switch opaque.kind {
        case .raw: place = simulation.partition(of: record.key ?? [])
        case .compliance: place = simulation.plan.kafkaPartitions
        case .deadletter: place = simulation.plan.kafkaPartitions + 1
        }
        queues[place].append(Waiting(record: record, opaque: opaque, id: id))
        waiting += 1
    }

    /// Sends, and takes reports.
    func step() throws(SimulatedCrash) {
        for place in queues.indices {
            if batches[place] == nil, !queues[place].isEmpty {
                let count = min(queues[place].count, Self.batchMax)
                batches[place] = Batch(records: Array(queues[place][..<count]))
                queues[place].removeFirst(count)
            }
            guard let batch = batches[place] else { continue }
            switch batch.state {
            case .written(let first): report(batch, first, place)
            case .toSend: try send(batch, place)
            }
        }
        findOffsets()
    }

    private func send(_ batch: Batch, _ place: Int) throws(SimulatedCrash) {
        let isRaw = place < simulation.plan.kafkaPartitions
        guard !simulation.isAway(from: role, self.place), !(isRaw && simulation.isLeaderless(place)) else { return }
        if isRaw, !batch.isInDoubt, let refused = simulation.refusal(of: batch.records.count) {
            refuse(batch, refused, place)
            return
        }
        // A request may never arrive, or be gone with an old leader.
        if simulation.losesRequest() {
            simulation.tell(.batchLost, who, Int64(place), Int64(batch.records.count))
            return
        }
        let topic = isRaw ? "raw" : place == simulation.plan.kafkaPartitions ? "compliance" : "deadletter"
        let append: ModelAppend
        do throws(ModelError) {
            append = try simulation.log.append(
                batch.records.map(\.record),
                to: topic,
                isRaw ? place : 0,
                producer: number,
                sequence: sequences[place]
            )
        } catch {
            // The log was cut behind what was acknowledged, which is fatal to an idempotent producer.
            precondition(error == .outOfSequence, "a batch in doubt is the last of its partition: \(error)")
            replace()
            return
        }
        if isRaw, !append.isDuplicate {
            for (index, record) in batch.records.enumerated() {
                guard let id = record.id else { continue }
                simulation.noteRewritten(id, place, at: append.first + Int64(index))
            }
        }
        let first = append.isDuplicate && simulation.forgetsOffset() ? nil : append.first
        simulation.tell(first == nil ? .duplicateBatch : .batch, who, Int64(place), first ?? -1)
        batches[place]?.isInDoubt = true
        try simulation.mayDie(.bridge, who)
        if simulation.losesAcknowledgement() {
            simulation.tell(.acknowledgementLost, who, Int64(place), first ?? -1)
            return
        }
        batches[place]?.state = .written(first: first)
    }

    /// The broker refuses the batch for one record of it: that one goes to deadletter, or nowhere; the others again.
    private func refuse(_ batch: Batch, _ refused: (index: Int, isLost: Bool), _ place: Int) {
        var rest = batch.records
        let record = rest.remove(at: refused.index)
        batches[place] = nil
        queues[place] = rest + queues[place]
        waiting -= 1
        let lane = lanes[record.opaque.lane]
        if refused.isLost {
            simulation.tell(.recordLost, who, Int64(bitPattern: record.id?.rawValue ?? 0))
            lane.lost(record.opaque, createdAt: record.id?.createdAt, bytes: record.record.value?.count ?? 0)
        } else {
            simulation.tell(.recordRefused, who, Int64(bitPattern: record.id?.rawValue ?? 0))
            let opaque = RecordOpaque(kind: .deadletter, lane: record.opaque.lane, slot: record.opaque.slot)
            produce(record.record, opaque, id: record.id)
        }
    }

    private func report(_ batch: Batch, _ first: Int64?, _ place: Int) {
        batches[place] = nil
        sequences[place] += 1
        waiting -= batch.records.count
        for (index, record) in batch.records.enumerated() {
            let lane = lanes[record.opaque.lane]
            let bytes = record.record.value?.count ?? 0
            guard record.opaque.kind == .raw else {
                lane.acknowledged(record.opaque, partition: 0, offsets: (0, 0), bytes: bytes)
                if let id = record.id { simulation.toDeadletter.insert(id.rawValue) }
                continue
            }
            if let id = record.id {
                simulation.upstream.acknowledged(id, isDelete: record.record.value == nil, copy: copy)
            }
            // librdkafka numbers the records of a batch without offsets from -1.
            let reported: Int64? = first.map { $0 + Int64(index) } ?? (index == 0 ? nil : Int64(index) - 1)
            guard
                let offset = bounds.offset(of: record.opaque, partition: place, reported: reported, bytes: bytes)
            else {
                waiting += 1
                continue
            }
            if let range = bounds.rewritten[place] { lane.rewritten(range, partition: place) }
            lane.acknowledged(record.opaque, partition: place, offsets: (offset, offset), bytes: bytes)
        }
    }

    private func findOffsets() {
        guard !bounds.unknown.isEmpty, simulation.now >= askOffsetsAt, !simulation.isAway(from: role, place) else {
            return
        }
        askOffsetsAt = simulation.now + 500
        var high: [Int: Int64] = [:]
        for partition in bounds.partitions where !simulation.isLeaderless(partition) {
            high[partition] = simulation.log["raw", partition].end
        }
        for (record, last) in bounds.resolve(highWatermarks: high) {
            waiting -= 1
            lanes[record.opaque.lane].acknowledged(
                record.opaque,
                partition: record.partition,
                offsets: (record.first, last),
                bytes: record.bytes
            )
        }
    }

    /// The producer failed for good: another one sends again what was not acknowledged, written or not.
    func replace() {
        simulation.tell(.producerReplaced, who)
        number = simulation.newProducerNumber()
        for place in queues.indices {
            sequences[place] = 0
            guard let batch = batches[place] else { continue }
            batches[place] = nil
            queues[place] = batch.records + queues[place]
        }
    }
}
