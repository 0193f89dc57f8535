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

    /// Every property that carries a promise, and its aliases.
    static let spellings: [(String, String)] = [
        ("acks", "1"), ("request.required.acks", "1"), ("delivery.timeout.ms", "5000"),
        ("message.timeout.ms", "1"),
        ("enable.idempotence", "true"), ("isolation.level", "read_uncommitted"), ("transactional.id", "x"),
        ("partitioner", "random"), ("enable.auto.commit", "false"), ("auto.offset.reset", "earliest"),
        ("group.id", "g"), ("group.instance.id", "g"), ("transaction.timeout.ms", "1000"),
        ("partition.assignment.strategy", "cooperative-sticky"), ("message.max.bytes", "5000"),
        ("queue.buffering.max.messages", "5"), ("queue.buffering.max.kbytes", "5"),
    ]

    @Test("an alias is caught by its effective value", arguments: spellings)
    func protected(name: String, value: String) {
        #expect(problems([name: value]) == ["kafka.\(name)"])
    }

    @Test("the spelling of the environment is caught as the file's is", arguments: spellings)
    func environment(name: String, value: String) throws {
        let variable = "DECAHOSE_KAFKA_" + name.uppercased().replacing(".", with: "_")
        let settings = try ToolSettings(Configuration(file: nil, environment: [variable: value]))
        let error = #expect(throws: InvalidConfiguration.self) { try ProtectedProperties.check(settings.common.kafka) }
        #expect(error?.problems.map(\.key) == ["kafka.\(name)"])
        #expect(error?.description.contains(variable) == true)
    }

    @Test("every protected property is tried above")
    func complete() {
        let tried = Set(Self.spellings.map(\.0))
        #expect(ProtectedProperties.reasons.allSatisfy { tried.contains($0.name) })
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
