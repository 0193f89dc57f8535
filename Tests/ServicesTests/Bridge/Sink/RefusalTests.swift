import Kafka
import Testing
import Tweets

@testable import Services

@Suite("What is made of refusals")
struct RefusalTests {
    @Test("the cluster's and the producer's troubles are not the record's; what nobody knows is")
    func causes() {
        #expect(RefusalCause(.recordTooLarge) == .record)
        #expect(RefusalCause(.invalidRecord) == .record)
        #expect(RefusalCause(KafkaErrorCode(rawValue: 9999)) == .record)
        #expect(RefusalCause(.notEnoughReplicas) == .passing)
        #expect(RefusalCause(.recordTimedOut) == .passing)
        #expect(RefusalCause(.topicAuthorizationFailed) == .topic)
        #expect(RefusalCause(.unknownTopic) == .topic)
        #expect(RefusalCause(.purgedFromQueue) == .producer)
    }

    @Test("a round without success doubles the pause up to 10 s, once a round")
    func pauses() {
        var held = HeldRecords()
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var waits: [Duration] = []
        for _ in 0..<10 {
            #expect(held.isDue(now))
            let isFirst = held.wait(from: now)
            // The second record of the same round changes nothing.
            let isSecond = held.wait(from: now)
            #expect(isFirst && !isSecond)
            let start = now
            while !held.isDue(now) { now = now + .milliseconds(50) }
            waits.append(now - start)
        }
        #expect(waits.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(waits.last == .seconds(10))
        held.resetPause()
        #expect(held.isDue(now))
    }
}
