import Kafka

/// An idempotent producer that sends what it is told, again and again if need be.
final class BrokerIdempotentProducer: IdempotentProducer {
    private unowned let owner: BrokerUnderTest
    private let clients: [WireClient]
    private let id: Int64
    private let epoch: Int16
    private var sent: Set<[Int]> = []

    init(_ owner: BrokerUnderTest, _ metadata: KafkaMetadata) throws {
        self.owner = owner
        clients = try (metadata.topics[owner.topic]?.partitions ?? []).map { partition in
            guard let leader = metadata.brokers.first(where: { $0.id == partition.leader }) else {
                throw Refusal.other("partition \(partition.id) has no leader")
            }
            return try WireClient(host: leader.host, port: leader.port)
        }
        guard let client = clients.first else { throw Refusal.other("\(owner.topic) has no partition") }
        var request = WireBytes()
        // No transactional ID.
        request.add(Int16(-1))
        request.add(Int32(60_000))
        var answer = try client.ask(22, version: 0, request)
        _ = try answer.integer(Int32.self)
        let error = try answer.integer(Int16.self)
        guard error == 0 else { throw Refusal(KafkaError(code: KafkaErrorCode(rawValue: Int32(error)))) }
        id = try answer.integer(Int64.self)
        epoch = try answer.integer(Int16.self)
    }

    func send(_ record: WrittenRecord, number: Int, to partition: Int) throws -> Int64? {
        var request = WireBytes()
        request.add(Int16(-1))
        // All replicas, within a minute.
        request.add(Int16(-1))
        request.add(Int32(60_000))
        request.add(Int32(1))
        request.add(text: owner.topic)
        request.add(Int32(1))
        request.add(Int32(partition))
        let batch = batch(record, number: number)
        request.add(Int32(batch.count))
        request.bytes += batch
        var answer = try clients[partition].ask(0, version: 3, request)
        _ = try answer.integer(Int32.self)
        try answer.skipText()
        _ = try answer.integer(Int32.self)
        _ = try answer.integer(Int32.self)
        let error = try answer.integer(Int16.self)
        let offset = try answer.integer(Int64.self)
        guard error == 0 else { throw Refusal(KafkaError(code: KafkaErrorCode(rawValue: Int32(error)))) }
        if sent.insert([partition, number]).inserted { owner.noteWritten(record, partition) }
        return offset >= 0 ? offset : nil
    }

    /// A batch of one record. https://kafka.apache.org/documentation/#recordbatch
    private func batch(_ record: WrittenRecord, number: Int) -> [UInt8] {
        var inner = WireBytes()
        inner.add(Int8(0))
        inner.add(varint: 0)
        inner.add(varint: 0)
        for text in [record.key, record.value] {
            inner.add(varint: text?.utf8.count ?? -1)
            inner.bytes += text.map { Array($0.utf8) } ?? []
        }
        inner.add(varint: 0)
        var checked = WireBytes()
        checked.add(Int16(0))
        checked.add(Int32(0))
        let time = owner.time(record.secondsAgo)
        checked.add(time)
        checked.add(time)
        checked.add(id)
        checked.add(epoch)
        checked.add(Int32(number))
        checked.add(Int32(1))
        checked.add(varint: inner.bytes.count)
        checked.bytes += inner.bytes
        var batch = WireBytes()
        batch.add(Int64(0))
        // The leader's epoch, the format's number and the checksum stand before what is checked.
        batch.add(Int32(4 + 1 + 4 + checked.bytes.count))
        batch.add(Int32(-1))
        batch.add(Int8(2))
        batch.add(WireBytes.checksum(checked.bytes))
        batch.bytes += checked.bytes
        return batch.bytes
    }
}
