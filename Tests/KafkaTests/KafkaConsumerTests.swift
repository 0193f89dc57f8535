import KafkaTestSupport
import Testing

@testable import Kafka

@Suite("A consumer that is told what to read, on the mock cluster", .ownThread)
struct KafkaConsumerTests {
    /// Ten records, `0` to `9`, in partition 0 of topic `t`.
    private func filled() throws -> MockRig {
        let rig = try MockRig(topics: ["t": 2])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        for index in 0..<10 { #expect(producer.produce(to: topic, value: "\(index)") == .queued) }
        #expect(producer.flushErrors() == [])
        return rig
    }

    private let first = KafkaPartition(topic: "t", partition: 0)
    private let second = KafkaPartition(topic: "t", partition: 1)

    /// Polls until something other than nothing comes.
    private func next(_ consumer: KafkaConsumer) throws -> String {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            switch consumer.poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .message(let message): return text(message.value) ?? "null"
            case .partitionEnd(let position): return "end \(position.partition.partition) \(position.offset)"
            case .error(let error, let partition):
                return "\(error.metricLabel) \(partition.map { "\($0.partition)" } ?? "-")"
            }
        }
        return "nothing"
    }

    @Test("starts at the given offset and says where the partition ends")
    func explicitOffset() throws {
        let consumer = try filled().reader()
        try consumer.assign([KafkaPosition(first, offset: 7), KafkaPosition(second, offset: 0)])
        #expect(try consumer.assignment() == [first, second])
        var events: Set<String> = []
        for _ in 0..<5 { events.insert(try next(consumer)) }
        #expect(events == ["7", "8", "9", "end 0 10", "end 1 0"])
        #expect(try consumer.position(of: [first, second]) == [first: 10])
    }

    @Test("goes on where it is sent by a seek")
    func seek() throws {
        let consumer = try filled().reader()
        try consumer.assign([KafkaPosition(first, offset: 0)])
        #expect(try next(consumer) == "0")
        #expect(try next(consumer) == "1")
        try consumer.seek([KafkaPosition(first, offset: 8)], timeout: patience)
        #expect(try next(consumer) == "8")
        try consumer.seek([KafkaPosition(first, offset: 3)], timeout: patience)
        #expect(try next(consumer) == "3")
    }

    @Test("reads nothing of a paused partition, and goes on without a hole")
    func pause() throws {
        let consumer = try filled().reader()
        try consumer.assign([KafkaPosition(first, offset: 0), KafkaPosition(second, offset: 0)])
        var seen: [String] = []
        while seen.count < 3 {
            let event = try next(consumer)
            if !event.hasPrefix("end") { seen.append(event) }
        }
        try consumer.pause([first])
        for _ in 0..<5 {
            if case .message = consumer.poll(timeout: .milliseconds(20)) { Issue.record("read while paused") }
        }
        try consumer.resume([first])
        while seen.count < 10 {
            let event = try next(consumer)
            if !event.hasPrefix("end") { seen.append(event) }
        }
        #expect(seen == (0..<10).map { "\($0)" })
    }

    @Test("an offset that is not in the log is an error of that partition where no reset is allowed")
    func outOfRange() throws {
        let consumer = try filled().reader()
        try consumer.assign([KafkaPosition(first, offset: 99)])
        #expect(try next(consumer) == "_AUTO_OFFSET_RESET 0")
    }

    @Test("no committed offset is told apart from one, and from not knowing")
    func committed() throws {
        let rig = try filled()
        let consumer = try rig.reader()
        #expect(try consumer.committed([first, second], timeout: patience) == [first: .absent, second: .absent])
        try consumer.commit([KafkaPosition(first, offset: 4)], timeout: patience)
        #expect(try consumer.committed([first, second], timeout: patience) == [first: .offset(4), second: .absent])
        try rig.cluster.setDown()
        let error = #expect(throws: KafkaError.self) {
            try consumer.committed([first], timeout: .milliseconds(300))
        }
        #expect(error?.code == .timedOut || error?.code == .transport)
    }

    @Test("a topic name is compared without making a String")
    func topicName() throws {
        let consumer = try filled().reader()
        try consumer.assign([KafkaPosition(first, offset: 0)])
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            guard case .message(let message) = consumer.poll(timeout: .milliseconds(100)) else { continue }
            let topic = message.topic
            #expect(topic == "t")
            let matches = ["t", "tt", "", "u"].filter { message.isOf(topic: KafkaTopicName($0)) }
            #expect(matches == ["t"])
            return
        }
        Issue.record("no message came")
    }

    @Test("a consumer without a group can be asked, and has no membership")
    func withoutGroup() throws {
        let rig = try filled()
        let consumer = try KafkaConsumer(rig.connection, observer: rig.observer)
        #expect(try consumer.watermarks(of: [first], timeout: patience) == [first: KafkaWatermarks(low: 0, high: 10)])
        #expect(throws: KafkaError.self) { try consumer.groupMetadata() }
    }
}
