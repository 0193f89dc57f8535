import Testing

@testable import Kafka

@Suite("Durations as librdkafka's milliseconds")
struct KafkaTimeoutTests {
    @Test(
        "are rounded up, never negative, and bounded",
        arguments: [
            (Duration.zero, Int32(0)), (.milliseconds(1), 1), (.microseconds(1), 1), (.microseconds(1001), 2),
            (.seconds(3), 3000), (.milliseconds(-5), 0), (.seconds(-5), 0), (.seconds(1 << 40), 2_000_000_000),
        ]
    )
    func conversion(duration: Duration, milliseconds: Int32) {
        #expect(duration.kafkaMilliseconds == milliseconds)
    }
}
