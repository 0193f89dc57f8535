import Dedup
import Kafka
import Operations
import Settings
import Tweets

/// Asks a cluster for everything that ``TopicInspection`` compares; changes nothing.
struct ClusterProbe {
    /// How long each question may take.
    static let timeout: Duration = .seconds(30)

    let names: TopicNames
    let bootstrapServers: String
    let properties: KafkaProperties
    let now: Instant
    let observer: KafkaObserver

    /// Asks.
    func snapshot() throws(KafkaError) -> ClusterSnapshot {
        let admin = try KafkaAdmin(properties, observer: observer)
        let metadata = try admin.metadata(timeout: Self.timeout)
        var snapshot = ClusterSnapshot(bootstrapServers: bootstrapServers, topics: [:])
        for name in names.all {
            guard let topic = metadata.topics[name] else { continue }
            if let error = topic.error {
                snapshot.refusals[name] = "cannot be described: \(error.text) (\(error.name))"
                continue
            }
            let settings: [String: KafkaConfigEntry]
            do {
                settings = try admin.settings(of: .topic(name), timeout: Self.timeout)
            } catch {
                guard error.code.isRefusal else { throw error }
                snapshot.refusals[name] = "its settings may not be seen: \(error)"
                continue
            }
            snapshot.topics[name] = ClusterSnapshot.Topic(
                partitionCount: topic.partitions.count,
                replicationFactor: topic.partitions.map(\.replicas.count).min() ?? 0,
                settings: settings.compactMapValues(\.value)
            )
        }
        if let broker = metadata.brokers.first?.id,
            // Many clusters do not let applications see brokers' settings; the rest is checked all the same.
            let settings = try? admin.settings(of: .broker(broker), timeout: Self.timeout)
        {
            snapshot.brokerSettings = settings.compactMapValues(\.value)
        }
        if snapshot.topics[names.control] != nil {
            let record = TopicsOnRecord(names: names, properties: properties, observer: observer)
            do {
                snapshot.recordedPartitionCounts = try record.read(timeout: Self.timeout).map(\.partitions)
            } catch {
                throw error.about(names.control)
            }
        }
        try probeDedup(admin, into: &snapshot)
        return snapshot
    }

    /// Dedup's committed offsets, how old the next record is, and the ends of its changelog.
    private func probeDedup(_ admin: KafkaAdmin, into snapshot: inout ClusterSnapshot) throws(KafkaError) {
        guard let count = snapshot.topics[names.raw]?.partitionCount,
            let seenCount = snapshot.topics[names.seen]?.partitionCount
        else { return }
        let raw = (0..<Int32(count)).map { KafkaPartition(topic: names.raw, partition: $0) }
        // Before the changelog is read: it may only be ahead of these.
        let committed = try admin.committedOffsets(
            ofGroup: names.dedupGroup,
            raw,
            requireStable: true,
            timeout: Self.timeout
        )
        var next: [KafkaPosition] = []
        for partition in raw {
            guard case .offset(let offset) = committed[partition] else { continue }
            next.append(KafkaPosition(partition, offset: offset))
        }
        if next.isEmpty { return }
        let reader = TailReader(
            properties: properties,
            group: "\(names.prefix)-tools",
            observer: observer,
            timeout: Self.timeout
        )
        snapshot.dedupLag = try reader.oldestTimestamp(at: next).map { now - $0 }
        let seen = (0..<Int32(seenCount)).map { KafkaPartition(topic: names.seen, partition: $0) }
        let newest = try reader.newest(in: seen) { value in try? SeenRecord(decoding: value).nextOffset }
        snapshot.changelog = next.map { position in
            let number = position.partition.partition
            return ClusterSnapshot.Changelog(
                partition: number,
                committed: position.offset,
                newest: newest[KafkaPartition(topic: names.seen, partition: number)]
            )
        }
    }
}
