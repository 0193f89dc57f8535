import Kafka
import Tweets

/// Reads single records at places of interest, without a group's membership.
struct TailReader {
    let properties: KafkaProperties
    /// librdkafka asks for a name of a group, though none is joined.
    let group: String
    let observer: KafkaObserver
    /// For each call.
    let timeout: Duration

    /// The oldest timestamp among the first records at these places; nil where there are no records at any.
    func oldestTimestamp(at positions: [KafkaPosition]) throws(KafkaError) -> Instant? {
        // Raw holds no transactions but dedup's own tombstones, and lag counts those too.
        let watermarks = try KafkaWatermarkQuery(properties, observer: observer)
            .watermarks(of: positions.map(\.partition), timeout: timeout)
        let waiting = positions.compactMap { position -> KafkaPosition? in
            guard let ends = watermarks[position.partition], position.offset < ends.high else { return nil }
            return KafkaPosition(position.partition, offset: max(position.offset, ends.low))
        }
        var oldest: Instant?
        var done: Set<KafkaPartition> = []
        try read(waiting, isolation: "read_uncommitted") { record in
            guard done.insert(record.partition).inserted, let milliseconds = record.timestamp else { return }
            oldest = min(oldest ?? Instant(milliseconds: milliseconds), Instant(milliseconds: milliseconds))
        } isDone: { partition, isAtEnd, _ in
            isAtEnd || done.contains(partition)
        }
        return oldest
    }

    /// What `decode` makes of the newest committed record of each partition; those without any are left out.
    ///
    /// Reads to the high watermark, not to the last stable offset: a transaction whose offsets count already may still
    /// wait for its marker in these partitions.
    func newest<Value>(
        in partitions: [KafkaPartition],
        decode: (UnsafeRawBufferPointer) -> Value?
    ) throws(KafkaError) -> [KafkaPartition: Value] {
        let query = try KafkaWatermarkQuery(properties, observer: observer)
        let watermarks = try query.watermarks(of: partitions, timeout: timeout)
        var found: [KafkaPartition: Value] = [:]
        var open = watermarks.filter { $0.value.low < $0.value.high }
        // Markers and aborted records take offsets too: look further back where the last few hold nothing.
        var reach: Int64 = 64
        while !open.isEmpty {
            let starts = open.map { KafkaPosition($0.key, offset: max($0.value.low, $0.value.high - reach)) }
            try read(starts, isolation: "read_committed") { record in
                if let value = record.value, let decoded = decode(value) { found[record.partition] = decoded }
            } isDone: { partition, _, position in
                position >= watermarks[partition]?.high ?? 0
            }
            open = open.filter { found[$0.key] == nil && $0.value.high - reach > $0.value.low }
            reach *= 16
        }
        return found
    }

    /// A record as the visitor of `read` sees it.
    private struct Record {
        let partition: KafkaPartition
        let timestamp: Int64?
        let value: UnsafeRawBufferPointer?
    }

    /// Reads from each place until it is done.
    ///
    /// `isDone` is asked after each record and at each end of what the isolation lets see, with the offset read next.
    private func read(
        _ positions: [KafkaPosition],
        isolation: String,
        _ visit: (Record) -> Void,
        isDone: (_ partition: KafkaPartition, _ isAtEnd: Bool, _ position: Int64) -> Bool
    ) throws(KafkaError) {
        if positions.isEmpty { return }
        let own: KafkaProperties = [
            "group.id": group, "enable.auto.commit": "false", "auto.offset.reset": "error",
            "enable.partition.eof": "true", "isolation.level": isolation,
        ]
        let consumer = try KafkaConsumer(properties.merging(own), observer: observer)
        try consumer.assign(positions)
        var open = Set(positions.map(\.partition))
        let deadline = ContinuousClock.now + timeout
        while !open.isEmpty {
            guard ContinuousClock.now < deadline else {
                let waiting = open.sorted().map(\.description).joined(separator: ", ")
                throw KafkaError(code: .timedOut, message: "\(waiting) could not be read to the end in time")
            }
            switch consumer.poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .partitionEnd(let end):
                if isDone(end.partition, true, end.offset) { open.remove(end.partition) }
            case .error(let error, let partition):
                if let partition { throw error.about("\(partition)") }
                if error.isFatal { throw error }
            case .message(let message):
                let partition = KafkaPartition(topic: message.topic, partition: message.partition)
                visit(
                    Record(
                        partition: partition,
                        timestamp: message.timestampMilliseconds,
                        value: message.value
                    )
                )
                if isDone(partition, false, message.offset + 1) { open.remove(partition) }
            }
        }
    }
}
