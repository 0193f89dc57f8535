import Kafka
import Operations
import Tweets

/// The rebuild's place in the group: all partitions, or none.
///
/// Brokers take offsets of a transaction without membership whatever members there are. With it they refuse them as soon
/// as an instance has come: the generation is another one then. Belongs to the rebuild's thread.
final class RebuildPlace {
    private let consumer: KafkaConsumer
    private let names: TopicNames
    private let partitionCount: Int
    private var owned: Set<Int32> = []
    private var problem: KafkaError?

    /// An instance that was stopped, or died, is a member until its session time-out of 10 s is over.
    private static let patience: Duration = .seconds(30)

    init(_ consumer: KafkaConsumer, names: TopicNames, partitionCount: Int) {
        self.consumer = consumer
        self.names = names
        self.partitionCount = partitionCount
    }

    /// Joins the group and waits until all partitions are its own.
    func take() throws {
        try consumer.subscribe(to: [names.raw]) { [unowned self] rebalance in
            do throws(KafkaError) {
                try follow(rebalance)
            } catch {
                problem = error
            }
        }
        let deadline = ContinuousClock.now + Self.patience
        while owned.count < partitionCount {
            guard deadline > .now else { throw occupied }
            try poll(timeout: .milliseconds(100))
        }
    }

    /// Keeps the place, and finds out whether it is still there.
    func hold() throws {
        try poll(timeout: .zero)
        guard owned.count == partitionCount else { throw occupied }
    }

    /// What proves the place to the broker.
    func metadata() throws -> KafkaGroupMetadata {
        try hold()
        return try consumer.groupMetadata()
    }

    /// Leaves the group, so that instances need not wait.
    func leave() {
        try? consumer.close()
    }

    /// Why the rebuild cannot go on.
    var occupied: ExitError {
        ExitError(
            .configuration,
            """
            The group \(names.dedupGroup) has other members. Stop all dedup instances, then run this again; partitions \
            that were rebuilt already stay as they are.
            """
        )
    }

    private func poll(timeout: Duration) throws {
        switch consumer.poll(timeout: timeout) {
        case .error(let error, _):
            if error.isFatal { throw error }
        default:
            break
        }
        if let problem { throw problem }
    }

    /// Nothing is ever read: the place alone counts.
    private func follow(_ rebalance: KafkaRebalance) throws(KafkaError) {
        switch rebalance {
        case .assigned(let partitions):
            owned.formUnion(partitions.map(\.partition))
            try consumer.incrementalAssign([])
        case .revoked(let partitions), .lost(let partitions):
            owned.subtract(partitions.map(\.partition))
            try consumer.incrementalUnassign([])
        }
    }
}
