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
        /// Partitions that wait for a marker, in order.
        var partitions: [Int] = []
        var offsets: [Int: Int64] = [:]

        var isDecided: Bool {
            if case .decided = phase { true } else { false }
        }

        /// Makes a partition part of it.
        mutating func take(_ place: Int) {
            let index = partitions.firstIndex { $0 >= place } ?? partitions.count
            if index == partitions.count || partitions[index] != place { partitions.insert(place, at: index) }
        }
    }

    /// The group.
    public var group: ModelGroup

    /// The partitions, topic after topic.
    private var partitions: [ModelPartition] = []
    /// The places of a topic's partitions; so few topics are found sooner by a look at each than by a hash.
    private var places: [(topic: String, range: Range<Int>)] = []

    private let transactionTimeout: Int
    private var ids: [String: Int] = [:]
    /// By the producer's number, of which none is left out.
    private var transactions: [Transaction] = []

    /// A log of empty topics.
    ///
    /// - Parameters:
    ///   - topics: Those with `partitionCount` partitions each.
    ///   - single: Those with one.
    ///   - transactionTimeout: How long a transaction may last.
    ///   - sessionTimeout: How long a member of the group may be silent.
    public init(
        topics: [String],
        partitionCount: Int,
        single: [String] = [],
        transactionTimeout: Int,
        sessionTimeout: Int
    ) {
        self.transactionTimeout = transactionTimeout
        group = ModelGroup(partitionCount: partitionCount, sessionTimeout: sessionTimeout)
        for (topic, count) in topics.map({ ($0, partitionCount) }) + single.map({ ($0, 1) }) {
            places.append((topic, partitions.count..<partitions.count + count))
            partitions += Array(repeating: ModelPartition(), count: count)
        }
    }

    private func place(_ topic: String, _ number: Int) -> Int {
        guard let range = places.first(where: { $0.topic == topic })?.range, number < range.count else {
            preconditionFailure("there is no partition \(number) of \(topic)")
        }
        return range.lowerBound + number
    }

    /// A partition of a topic that exists.
    public subscript(topic: String, number: Int) -> ModelPartition {
        _read { yield partitions[place(topic, number)] }
        _modify { yield &partitions[place(topic, number)] }
    }

    /// Appends outside of any transaction, acknowledged.
    @discardableResult
    public mutating func append(_ record: ModelRecord, to topic: String, _ number: Int) -> Int64 {
        self[topic, number].append(record, producer: nil)
    }

    /// Appends a batch of an idempotent producer, unless the partition has it already.
    ///
    /// - Parameters:
    ///   - producer: Unique for each life of a producer.
    ///   - sequence: Counts the producer's batches of this partition, from 0.
    /// Throws `outOfSequence` for a batch that is older than the last five.
    public mutating func append(
        _ records: [ModelRecord],
        to topic: String,
        _ number: Int,
        producer: Int,
        sequence: Int
    ) throws(ModelError) -> ModelAppend {
        try self[topic, number].append(records, idempotent: producer, sequence: sequence)
    }

    // MARK: Transactions

    /// Registers a transactional ID: aborts what its last holder left open, and fences that holder off.
    ///
    /// Throws `pending` while the last holder's transaction is being aborted or committed.
    public mutating func register(_ transactionalID: String) throws(ModelError) -> Producer {
        let id = ids[transactionalID] ?? ids.count
        if id == transactions.count {
            ids[transactionalID] = id
            transactions.append(Transaction())
        }
        switch transactions[id].phase {
        case .empty:
            transactions[id].epoch += 1
            return Producer(id: id, epoch: transactions[id].epoch)
        case .ongoing:
            transactions[id].epoch += 1
            transactions[id].phase = .decided(isCommit: false)
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
        let place = place(topic, number)
        transactions[producer.id].take(place)
        _ = partitions[place].append(record, producer: producer.id)
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
        transactions[producer.id].offsets.merge(offsets) { $1 }
    }

    /// Decides the transaction; `complete` makes it visible.
    ///
    /// Called again after a lost answer it says the same, as long as nothing else was begun.
    public mutating func end(_ producer: Producer, isCommit: Bool) throws(ModelError) {
        try check(producer)
        if case .ongoing = transactions[producer.id].phase {
            transactions[producer.id].phase = .decided(isCommit: isCommit)
        }
    }

    /// Aborts transactions that have lasted too long, and fences their holders off.
    public mutating func expireTransactions(now: Int) {
        for id in transactions.indices {
            guard case .ongoing(let since) = transactions[id].phase, now - since > transactionTimeout else { continue }
            transactions[id].phase = .decided(isCommit: false)
            transactions[id].epoch += 1
        }
    }

    /// Completes one step of a decided transaction: one marker, or at last the group's offsets.
    public mutating func complete(using generator: inout some RandomNumberGenerator) {
        let decided = transactions.indices.filter { transactions[$0].isDecided }
        guard let id = decided.randomElement(using: &generator),
            case .decided(let isCommit) = transactions[id].phase
        else { return }
        if let index = transactions[id].partitions.indices.randomElement(using: &generator) {
            let place = transactions[id].partitions.remove(at: index)
            partitions[place].appendMarker(producer: id, isCommit: isCommit)
        } else {
            if isCommit { group.commit(transactions[id].offsets) }
            transactions[id].offsets = [:]
            transactions[id].phase = .empty
        }
    }

    /// Whether the producer's last transaction is decided and not completed, so that the next one cannot begin.
    public func isCompleting(_ producer: Producer) -> Bool { transactions[producer.id].isDecided }

    /// Whether some transaction is decided and not completed.
    public var hasDecided: Bool { transactions.contains(where: \.isDecided) }

    /// Whether some transaction is not completed.
    public var hasUnfinished: Bool { transactions.contains { $0.phase != .empty } }

    // MARK: Offsets

    /// The group's committed offset of a partition as it stands now; a pending transaction does not show.
    public func committedNow(_ number: Int) -> Int64? { group.committed[number] }

    /// The group's stable committed offset; throws `pending` while a transaction carries an offset of that partition.
    public func committedStable(_ number: Int) throws(ModelError) -> Int64? {
        guard transactions.allSatisfy({ $0.offsets[number] == nil }) else { throw .pending }
        return group.committed[number]
    }

    private func check(_ producer: Producer) throws(ModelError) {
        guard transactions.indices.contains(producer.id), transactions[producer.id].epoch == producer.epoch else {
            throw .fenced
        }
    }

    private mutating func enter(_ producer: Producer, now: Int) throws(ModelError) {
        try check(producer)
        switch transactions[producer.id].phase {
        case .empty: transactions[producer.id].phase = .ongoing(since: now)
        case .ongoing: break
        case .decided: throw .pending
        }
    }
}
