/// Kafka as a scenario sees it: one topic, a group that reads it, and producers.
///
/// What a call decides is visible when it returns: markers are written, group offsets are no longer pending.
protocol LogUnderTest: AnyObject {
    /// Appends outside of any transaction.
    ///
    /// - Returns: The record's offset.
    func append(_ record: WrittenRecord, to partition: Int) throws -> Int64
    /// A producer whose batches have numbers.
    func idempotentProducer() throws -> any IdempotentProducer
    /// Registers a transactional ID anew.
    func transactionalProducer(_ id: String) throws -> any TransactionalProducer
    /// Joins the group under a static name, and waits until the partitions are dealt out.
    func join(_ instance: String) throws -> any GroupMember

    /// Everything that a reader sees from an offset on.
    func read(_ partition: Int, _ isolation: Isolation, from offset: Int64) throws -> [SeenRecord]
    /// Where a partition begins and ends.
    func ends(of partition: Int) throws -> LogEnds
    /// The first offset whose record is not older than a time, as seconds before the scenario began; nil for none.
    func offset(secondsAgo: Int64, _ partition: Int, _ isolation: Isolation) throws -> Int64?
    /// What the group has committed; throws `pending` where stability is asked for and not given.
    func committed(_ partition: Int, isStable: Bool) throws -> Int64?

    /// Deletes what stands before an offset.
    func deleteRecords(before offset: Int64, of partition: Int) throws
    /// Lets the cleaner pass over everything but the newest record, and what the topic's lag or a transaction protects.
    func clean(_ partition: Int) throws
    /// Lets retention take what is older than the topic keeps.
    func expireRecords(_ partition: Int) throws
    /// Lets so much time pass that every open transaction is over.
    func timeOutTransactions() throws
}

/// A producer of transactions; each begins with what it does first.
protocol TransactionalProducer: AnyObject {
    /// Writes into the open transaction, and waits until the log has it.
    func write(_ record: WrittenRecord, to partition: Int) throws
    /// Makes an offset of the group part of the open transaction.
    func sendOffset(_ offset: Int64, of partition: Int, as member: Membership) throws
    func commit() throws
    func abort() throws
}

/// A producer whose batches of a partition are numbered from 0, a record each, and may be sent again.
protocol IdempotentProducer: AnyObject {
    /// - Returns: The offset that the answer names; nil where it names none.
    func send(_ record: WrittenRecord, number: Int, to partition: Int) throws -> Int64?
}

/// A member of the group.
protocol GroupMember: AnyObject {
    /// Who it is at this moment, to be sent with offsets now or later.
    func membership() throws -> Membership
}

/// What a topic is made with.
struct TopicShape: Sendable {
    var partitions = 1
    var isCompacted = false
    /// `min.compaction.lag.ms`, in seconds.
    var compactionLag: Int64 = 0
    /// `delete.retention.ms`, in seconds.
    var deleteRetention: Int64 = 86400
    /// `retention.ms`, in seconds; nil for ever.
    var retention: Int64?
    /// In seconds, of every transactional producer; ten minutes are longer than any play.
    var transactionTimeout: Int64 = 600
}

/// A record to be written.
struct WrittenRecord: Sendable {
    var key: String
    var value: String?
    /// Its timestamp, as seconds before the scenario began.
    var secondsAgo: Int64 = 0

    init(_ key: String, _ value: String?, secondsAgo: Int64 = 0) {
        self.key = key
        self.value = value
        self.secondsAgo = secondsAgo
    }
}

/// A record as a reader got it.
struct SeenRecord: Equatable, CustomStringConvertible {
    var offset: Int64
    var key: String
    var value: String?

    var description: String { "\(offset):\(key)=\(value ?? "-")" }
}

enum Isolation: String, CaseIterable, Sendable {
    case uncommitted
    case committed
}

/// Where a partition begins, where readers of committed records have to stop, and where it ends.
struct LogEnds: Equatable, CustomStringConvertible {
    var low: Int64
    var stable: Int64
    var high: Int64

    var description: String { "\(low)/\(stable)/\(high)" }
}

/// Why something was not done.
enum Refusal: Error, Equatable, CustomStringConvertible {
    /// A newer holder of the transactional ID, or the end of the transaction's time.
    case fenced
    /// The group does not know the member in that generation.
    case staleMember
    /// A transaction is open that will tell.
    case pending
    /// The offset is not in the log.
    case offsetOutOfRange
    /// Batches are missing before this one, or it is too old to be known.
    case outOfSequence
    case other(String)

    var description: String {
        switch self {
        case .fenced: "fenced"
        case .staleMember: "stale member"
        case .pending: "pending"
        case .offsetOutOfRange: "offset out of range"
        case .outOfSequence: "out of sequence"
        case .other(let text): text
        }
    }
}
