/// Kafka's semantics as a value: partitions, transactions with markers and fencing, and a group whose offsets they carry.
///
/// Time is a number that the owner counts up. A transaction is decided when `end` returns, and completed later, a marker
/// at a time, by `complete`: between the two its records are not yet visible and its offsets are pending, which is where
/// the mistakes of others have been.
public struct ModelLog: Sendable {
    /// A producer's registration.
    public struct Producer: Hashable, Sendable {
        /// The number that stands in the log; the same for all holders of a transactional ID.
        public var id: Int
        /// Counts the holders.
        public var epoch: Int
    }

    private enum Phase: Hashable, Sendable {
        case empty
        case ongoing(since: Int)
        case decided(isCommit: Bool)
    }

    private struct Transaction: Sendable {
        var epoch = 0
        var phase: Phase = .empty
        /// Partitions that wait for a marker.
        var partitions: Set<ModelPartitionName> = []
        var offsets: [Int: Int64] = [:]
    }

    /// The partitions.
    public private(set) var partitions: [ModelPartitionName: ModelPartition] = [:]
    /// The group.
    public var group: ModelGroup

    private let transactionTimeout: Int
    private var ids: [String: Int] = [:]
    private var transactions: [Int: Transaction] = [:]

    /// A log of empty topics.
    public init(
        topics: [String],
        partitionCount: Int,
        transactionTimeout: Int,
        sessionTimeout: Int
    ) {
        self.transactionTimeout = transactionTimeout
        group = ModelGroup(partitionCount: partitionCount, sessionTimeout: sessionTimeout)
        for topic in topics {
            for number in 0..<partitionCount { partitions[ModelPartitionName(topic, number)] = ModelPartition() }
        }
    }

    /// A partition; empty for one that does not exist.
    public subscript(topic: String, number: Int) -> ModelPartition {
        get { partitions[ModelPartitionName(topic, number)] ?? ModelPartition() }
        set { partitions[ModelPartitionName(topic, number)] = newValue }
    }

    /// Appends outside of any transaction, acknowledged.
    @discardableResult
    public mutating func append(_ record: ModelRecord, to topic: String, _ number: Int) -> Int64 {
        self[topic, number].append(record, producer: nil)
    }

    // MARK: Transactions

    /// Registers a transactional ID: aborts what its last holder left open, and fences that holder off.
    ///
    /// Throws `pending` while the last holder's transaction is being aborted or committed.
    public mutating func register(_ transactionalID: String) throws(ModelError) -> Producer {
        let id = ids[transactionalID] ?? ids.count
        ids[transactionalID] = id
        var transaction = transactions[id] ?? Transaction()
        switch transaction.phase {
        case .empty:
            transaction.epoch += 1
            transactions[id] = transaction
            return Producer(id: id, epoch: transaction.epoch)
        case .ongoing:
            transaction.epoch += 1
            transaction.phase = .decided(isCommit: false)
            transactions[id] = transaction
            throw .pending
        case .decided:
            throw .pending
        }
    }

    /// Writes into the producer's transaction, which begins with the first write.
    ///
    /// Throws `pending` while the one before is not completed.
    public mutating func produce(
        _ record: ModelRecord,
        to topic: String,
        _ number: Int,
        by producer: Producer,
        now: Int
    ) throws(ModelError) {
        try enter(producer, now: now)
        transactions[producer.id]?.partitions.insert(ModelPartitionName(topic, number))
        _ = self[topic, number].append(record, producer: producer.id)
    }

    /// Makes offsets of the group part of the transaction; the generation is checked, ownership is not.
    public mutating func sendOffsets(
        _ offsets: [Int: Int64],
        _ membership: ModelGroup.Membership,
        by producer: Producer,
        now: Int
    ) throws(ModelError) {
        try enter(producer, now: now)
        try group.check(membership)
        transactions[producer.id]?.offsets.merge(offsets) { $1 }
    }

    /// Decides the transaction; `complete` makes it visible.
    ///
    /// Called again after a lost answer it says the same, as long as nothing else was begun.
    public mutating func end(_ producer: Producer, isCommit: Bool) throws(ModelError) {
        guard let transaction = transactions[producer.id], transaction.epoch == producer.epoch else { throw .fenced }
        if case .ongoing = transaction.phase { transactions[producer.id]?.phase = .decided(isCommit: isCommit) }
    }

    /// Aborts transactions that have lasted too long, and fences their holders off.
    public mutating func expireTransactions(now: Int) {
        for (id, transaction) in transactions {
            guard case .ongoing(let since) = transaction.phase, now - since > transactionTimeout else { continue }
            transactions[id]?.phase = .decided(isCommit: false)
            transactions[id]?.epoch += 1
        }
    }

    /// Completes one step of a decided transaction: one marker, or at last the group's offsets.
    public mutating func complete(using generator: inout some RandomNumberGenerator) {
        let decided = transactions.keys.sorted().filter { isDecided($0) }
        guard let id = decided.randomElement(using: &generator), let transaction = transactions[id],
            case .decided(let isCommit) = transaction.phase
        else { return }
        if let name = transaction.partitions.sorted().randomElement(using: &generator) {
            transactions[id]?.partitions.remove(name)
            partitions[name]?.appendMarker(producer: id, isCommit: isCommit)
        } else {
            if isCommit { group.commit(transaction.offsets) }
            transactions[id]?.offsets = [:]
            transactions[id]?.phase = .empty
        }
    }

    /// Whether the producer's last transaction is decided and not completed, so that the next one cannot begin.
    public func isCompleting(_ producer: Producer) -> Bool { isDecided(producer.id) }

    /// Whether some transaction is not completed.
    public var hasUnfinished: Bool { transactions.values.contains { $0.phase != .empty } }

    // MARK: Offsets

    /// The group's committed offset of a partition as it stands now; a pending transaction does not show.
    public func committedNow(_ number: Int) -> Int64? { group.committed[number] }

    /// The group's stable committed offset; throws `pending` while a transaction carries an offset of that partition.
    public func committedStable(_ number: Int) throws(ModelError) -> Int64? {
        guard transactions.values.allSatisfy({ $0.offsets[number] == nil }) else { throw .pending }
        return group.committed[number]
    }

    private func isDecided(_ id: Int) -> Bool {
        if case .decided = transactions[id]?.phase { true } else { false }
    }

    private mutating func enter(_ producer: Producer, now: Int) throws(ModelError) {
        guard let transaction = transactions[producer.id], transaction.epoch == producer.epoch else { throw .fenced }
        switch transaction.phase {
        case .empty: transactions[producer.id]?.phase = .ongoing(since: now)
        case .ongoing: break
        case .decided: throw .pending
        }
    }
}
