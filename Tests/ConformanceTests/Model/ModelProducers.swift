import ModelLog

/// A transactional producer of the model.
final class TransactionalModelProducer: TransactionalProducer {
    private let owner: ModelUnderTest
    private let producer: ModelLog.Producer

    init(_ owner: ModelUnderTest, _ producer: ModelLog.Producer) {
        self.owner = owner
        self.producer = producer
    }

    func write(_ record: WrittenRecord, to partition: Int) throws {
        try owner.produce(record, to: partition, by: producer)
    }

    func sendOffset(_ offset: Int64, of partition: Int, as member: Membership) throws {
        try owner.sendOffset(offset, of: partition, as: member, by: producer)
    }

    func commit() throws { try owner.end(producer, isCommit: true) }

    func abort() throws { try owner.end(producer, isCommit: false) }
}

/// An idempotent producer of the model.
final class IdempotentModelProducer: IdempotentProducer {
    private let owner: ModelUnderTest
    private let number: Int

    init(_ owner: ModelUnderTest, number: Int) {
        self.owner = owner
        self.number = number
    }

    func send(_ record: WrittenRecord, number batch: Int, to partition: Int) throws -> Int64? {
        try owner.send(record, producer: number, number: batch, to: partition)
    }
}

/// A member of the model's group.
final class ModelMember: GroupMember {
    private let owner: ModelUnderTest
    private let member: Int

    init(_ owner: ModelUnderTest, _ member: Int) {
        self.owner = owner
        self.member = member
    }

    func membership() throws -> Membership {
        guard let membership = owner.log.group.membership(of: member) else { throw Refusal.staleMember }
        return .model(membership)
    }
}
