import Settings
import Testing

@testable import Services

@Suite("Protected librdkafka properties")
struct ProtectedPropertiesTests {
    private func problems(_ pairs: KeyValuePairs<String, String>) -> [String] {
        let given = pairs.map { CommonSettings.KafkaProperty(name: $0.key, value: $0.value, origin: "file:1") }
        do throws(InvalidConfiguration) {
            try ProtectedProperties.check(given)
            return []
        } catch {
            return error.problems.map(\.key)
        }
    }

    @Test(
        "an alias is caught by its effective value",
        arguments: [
            ("acks", "1"), ("request.required.acks", "1"), ("delivery.timeout.ms", "5000"), ("message.timeout.ms", "1"),
            ("enable.idempotence", "true"), ("isolation.level", "read_uncommitted"), ("transactional.id", "x"),
            ("partitioner", "random"), ("enable.auto.commit", "false"), ("auto.offset.reset", "earliest"),
            ("group.id", "g"), ("group.instance.id", "g"), ("transaction.timeout.ms", "1000"),
            ("partition.assignment.strategy", "cooperative-sticky"), ("message.max.bytes", "5000"),
            ("queue.buffering.max.messages", "5"), ("queue.buffering.max.kbytes", "5"),
        ]
    )
    func protected(name: String, value: String) {
        #expect(problems([name: value]) == ["kafka.\(name)"])
    }

    @Test("what carries no promise is handed on")
    func free() {
        #expect(
            problems([
                "bootstrap.servers": "x:1", "linger.ms": "7", "compression.codec": "zstd", "acks": "all",
                "security.protocol": "ssl", "client.id": "me", "socket.timeout.ms": "30000",
            ]) == []
        )
    }

    @Test("librdkafka's own refusals are all shown")
    func refused() {
        #expect(problems(["lingr.ms": "7", "compression.codec": "best", "acks": "1"]).count == 3)
    }
}
