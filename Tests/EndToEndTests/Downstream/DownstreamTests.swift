import KafkaTestSupport
import Testing

/// What users of the clean topic get who know nothing of ours but its name and `isolation.level=read_committed`.
///
/// Each client is held against what was sent, record by record, so all of them read the same.
@Suite(
    "Downstream, on a real broker with aborted transactions in the topic",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct DownstreamTests {
    private let topic: CleanTopic

    init() throws {
        topic = try CleanTopic.shared.get()
    }

    @Test("kcat reads each Tweet once", .enabled(if: DownstreamReader.kcat.isThere, DownstreamReader.kcat.missing))
    func kcat() throws {
        try expectTruth(DownstreamReader.kcat.read(topic))
    }

    @Test(
        "Python's confluent-kafka reads each Tweet once",
        .enabled(if: DownstreamReader.python.isThere, DownstreamReader.python.missing)
    )
    func python() throws {
        try expectTruth(DownstreamReader.python.read(topic))
    }

    @Test(
        "a C program on librdkafka reads each Tweet once",
        .enabled(if: DownstreamReader.librdkafka.isThere, DownstreamReader.librdkafka.missing)
    )
    func librdkafka() throws {
        try expectTruth(DownstreamReader.librdkafka.read(topic))
    }

    @Test(
        "Kafka's Java client reads each Tweet once",
        .enabled(if: DownstreamReader.java.isThere, DownstreamReader.java.missing)
    )
    func java() throws {
        try expectTruth(DownstreamReader.java.read(topic))
    }

    /// Without it the other tests might pass because there is nothing to hide.
    @Test(
        "who reads uncommitted sees what was aborted too",
        .enabled(if: DownstreamReader.kcat.isThere, DownstreamReader.kcat.missing)
    )
    func uncommitted() throws {
        let records = try DownstreamReader.kcatUncommitted.read(topic)
        let keys = Set(records.map(\.key))
        #expect(topic.abortedKeys.isSubset(of: keys))
        let expected = topic.recordCount + topic.abortedKeys.count
        #expect(records.count >= expected)
        print("downstream: \(topic.recordCount) records, \(records.count - topic.recordCount) aborted,")
        print("of which \(records.count - expected) by the dedup that died")
    }

    private func expectTruth(_ records: [DownstreamRecord]) {
        #expect(records.count == topic.recordCount)
        var found: [String: [String?]] = [:]
        for record in records { found[record.key, default: []].append(record.value) }
        let wrong = topic.truth.filter { found[$0.key] != $0.value }
        let missing = wrong.count { found[$0.key] == nil }
        let example = wrong.first.map { "\($0.key): \(String(describing: found[$0.key])), not \($0.value)" } ?? ""
        #expect(wrong.isEmpty, "\(missing) missing, \(wrong.count - missing) otherwise wrong; \(example)")
        let strangers = Set(found.keys).subtracting(topic.truth.keys)
        #expect(strangers.isEmpty, "\(strangers.count) that nobody committed, such as \(strangers.first ?? "")")
        var last: [Int: Int] = [:]
        for record in records {
            #expect(record.offset > last[record.partition, default: -1])
            last[record.partition] = record.offset
        }
        #expect(last.count == CleanTopic.partitionCount)
    }
}
