import Kafka
import Operations
import Synchronization
import Testing

@testable import Services

@Suite("Why no broker can be spoken to")
struct ConnectionTroubleTests {
    private func line(_ facility: String, _ message: String) -> KafkaLogLine {
        KafkaLogLine(level: 3, facility: facility, message: message)
    }

    @Test("librdkafka's latest reason is kept without its thread, all lines are handed on, and the exit message has it")
    func reason() {
        let handedOn = Mutex(0)
        let trouble = ConnectionTrouble()
        let observer = trouble.listening(
            for: KafkaObserver(log: { _ in handedOn.withLock { $0 += 1 } }, error: { _ in })
        )
        let error = KafkaError(code: .transport)
        #expect(!ExitError.unreachable("kafka:9092", error, trouble).description.contains("connection failed"))
        observer.log(line("FAIL", "[thrd:kafka:9092/bootstrap]: kafka:9092/bootstrap: Connect failed"))
        observer.log(line("FAIL", "[thrd:ssl://kafka:9092/1]: ssl://kafka:9092/1: SSL handshake failed: [x]: no trust"))
        observer.log(line("GETPID", "[thrd:main]: something else"))
        #expect(trouble.words == "ssl://kafka:9092/1: SSL handshake failed: [x]: no trust")
        #expect(handedOn.withLock { $0 } == 3)
        let exit = ExitError.unreachable("kafka:9092", error, trouble)
        #expect(exit.code == .kafkaUnreachable)
        #expect(exit.description.contains("The connection failed: ssl://kafka:9092/1: SSL handshake failed"))
        #expect(exit.description.contains("kafka.security.protocol"))
    }
}
