import Kafka
import Tweets

/// Who leads: the member of the coordinators' group that owns the one partition of the control topic.
///
/// Nothing is read through it. Belongs to one thread, which must poll it more often than the session time-out.
final class LeaderElection {
    private let consumer: KafkaConsumer
    private let state = State()

    private final class State {
        var isOwner = false
        /// Rises with every change, so that a lead lost and won again between two looks is noticed.
        var term = 0
        var refusal: String?
    }

    /// Joins the group.
    init(_ properties: KafkaProperties, names: TopicNames, observer: KafkaObserver) throws(KafkaError) {
        let own: KafkaProperties = [
            "group.id": names.coordinatorID,
            "enable.auto.commit": "false",
            "auto.offset.reset": "latest",
            "session.timeout.ms": "10000",
            "heartbeat.interval.ms": "1000",
            "max.poll.interval.ms": "60000",
            "partition.assignment.strategy": "range",
        ]
        consumer = try KafkaConsumer(properties.merging(own), observer: observer)
        let consumer = consumer
        let state = state
        try consumer.subscribe(to: [names.control]) { change in
            state.term += 1
            state.refusal = nil
            switch change {
            case .assigned(let partitions):
                state.isOwner = !partitions.isEmpty
                // Control is read by a reader of its own: here only the ownership counts.
                try? consumer.assign([])
            case .revoked, .lost:
                state.isOwner = false
                try? consumer.unassign()
            }
        }
    }

    /// Keeps the membership alive.
    func poll() throws(KafkaError) {
        while true {
            switch consumer.poll(timeout: .zero) {
            case .nothing: return
            case .message: continue
            case .partitionEnd: continue
            case .error(let error, _):
                if error.isFatal { throw error }
                if error.code.isRefusal { state.refusal = error.granting(.coordinator) }
                return
            }
        }
    }

    /// The number of the present lead; nil while somebody else has it.
    var term: Int? { state.isOwner ? state.term : nil }

    /// Why this member may not take part, with what to do; nil where it may.
    var refusal: String? { state.refusal }

    /// Gives up the lead and leaves the group, so that another member leads at once.
    func close() {
        try? consumer.close()
    }
}
