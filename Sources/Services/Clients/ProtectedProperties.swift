import Kafka
public import Settings

/// The librdkafka properties that carry a promise of ours and cannot be set.
///
/// They are found by their effective value, since aliases such as `delivery.timeout.ms` slip past a check of names.
public enum ProtectedProperties {
    /// Each with what would break.
    static let reasons: [(name: String, reason: String)] = [
        ("acks", "an acknowledgement must mean that every in-sync replica has the record"),
        ("enable.idempotence", "a retry must not write a record twice or out of order"),
        ("isolation.level", "each reader's isolation is part of the exactly-once rule"),
        (
            "transactional.id",
            "it is made from topics.prefix and dedup.instance, so that a restart fences its predecessor"
        ),
        ("partitioner", "partitions are computed by us, as Java's default partitioner does; it would have no effect"),
        ("message.timeout.ms", "records never time out: one that did would be lost"),
        ("enable.auto.commit", "offsets are committed with the transaction that they belong to"),
        ("auto.offset.reset", "an offset that is gone is a loss to be reported, not to be skipped"),
        ("group.id", "it is made from topics.prefix"),
        ("group.instance.id", "it is made from dedup.instance"),
        ("transaction.timeout.ms", "the hand-over after a crash waits for it"),
        ("partition.assignment.strategy", "all instances of a group must agree on it"),
        ("message.max.bytes", "it must fit what topics create sets"),
        ("queue.buffering.max.messages", "the buffer is limited by bytes: bridge.buffer_bytes"),
        ("queue.buffering.max.kbytes", "set bridge.buffer_bytes instead"),
    ]

    /// Checks the properties of a configuration.
    ///
    /// - Throws: ``InvalidConfiguration`` with every property that librdkafka refuses, in its own words, and every one
    ///   that changes a protected one.
    public static func check(_ given: [CommonSettings.KafkaProperty]) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        let properties = KafkaProperties(given.map { ($0.name, $0.value) })
        for problem in properties.problems() {
            let origin = given.first { $0.name == problem.name }?.origin
            problems.append(
                ConfigurationProblem(origin: origin, key: "kafka.\(problem.name)", message: problem.message)
            )
        }
        let defaults = KafkaProperties()
        for (name, reason) in reasons where properties.effective(name) != defaults.effective(name) {
            let culprit = given.last { one in
                KafkaProperties([(one.name, one.value)]).effective(name) != defaults.effective(name)
            }
            let key = culprit?.name ?? name
            let alias = key == name ? "" : " (it sets \(name))"
            problems.append(
                ConfigurationProblem(
                    origin: culprit?.origin,
                    key: "kafka.\(key)",
                    message: "cannot be set\(alias): \(reason)"
                )
            )
        }
        if !problems.isEmpty { throw InvalidConfiguration(problems: problems) }
    }
}
