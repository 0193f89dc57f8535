import Testing

@testable import Kafka

@Suite("Properties in librdkafka's own names")
struct KafkaPropertiesTests {
    @Test("a refused value comes back with librdkafka's own sentence")
    func refusedValue() throws {
        let problems = KafkaProperties([("compression.type", "most"), ("linger.ms", "5")]).problems()
        #expect(problems.map(\.name) == ["compression.type"])
        #expect(problems.first?.message == #"Invalid value "most" for configuration property "compression.codec""#)
    }

    @Test("every refused property is told, in order")
    func allProblems() {
        let properties: KafkaProperties = ["linger": "5", "linger.ms": "5", "socket.timeout.ms": "never"]
        #expect(properties.problems().map(\.name) == ["linger", "socket.timeout.ms"])
    }

    @Test("making a client with a refused property throws the sentence")
    func refusedAtTheClient() {
        let error = #expect(throws: KafkaError.self) {
            try KafkaProducer(["linger": "5"], observer: .silent)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == #"No such configuration property: "linger""#)
    }

    @Test("properties that do not fit each other are refused when the client is made")
    func combination() {
        let error = #expect(throws: KafkaError.self) {
            try KafkaProducer(["enable.idempotence": "true", "acks": "1"], observer: .silent)
        }
        #expect(error?.message.contains("acks") == true)
    }

    @Test(
        "the value in force is found through aliases and defaults",
        arguments: [
            ("message.timeout.ms", ["delivery.timeout.ms": "5000"], "5000"),
            ("acks", ["request.required.acks": "1"], "1"),
            ("acks", [:], "-1"),
            ("acks", ["acks": "all"], "-1"),
            ("enable.idempotence", [:], "false"),
            ("isolation.level", ["isolation.level": "read_uncommitted"], "read_uncommitted"),
            ("bootstrap.servers", ["metadata.broker.list": "a:1"], "a:1"),
            ("linger.ms", ["queue.buffering.max.ms": "7"], "7"),
        ] as [(String, KafkaProperties, String)]
    )
    func effective(name: String, properties: KafkaProperties, value: String) {
        #expect(properties.effective(name) == value)
    }

    @Test("a name that librdkafka does not know, or has no value for, has none in force")
    func unknown() {
        #expect(KafkaProperties().effective("no.such.property") == nil)
        #expect(KafkaProperties().effective("transactional.id") == nil)
    }

    @Test("a later entry replaces an earlier one in its place, nil removes it")
    func order() {
        var properties: KafkaProperties = ["a": "1", "b": "2"]
        properties = properties.merging(["c": "3", "a": "4"])
        #expect(properties.names == ["a", "b", "c"])
        #expect(properties["a"] == "4")
        properties["b"] = nil
        #expect(properties.names == ["a", "c"])
    }

    @Test("no description shows a value, since it may be a password")
    func secrets() {
        let properties: KafkaProperties = ["sasl.password": "hunter2"]
        #expect(!properties.description.contains("hunter2"))
    }
}
