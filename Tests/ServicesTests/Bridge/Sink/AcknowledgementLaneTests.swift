import Recovery
import Testing
import Tweets

@testable import Services

@Suite("A lane of delivery reports")
struct AcknowledgementLaneTests {
    private let opened = Instant(milliseconds: 1_800_000_000_000)

    @Test("10,001 losses are all inside the session's holes")
    func manyLosses() {
        let lane = AcknowledgementLane(number: 0)
        lane.begin(kafkaPartitions: 1)
        var coverage = SessionCoverage(
            rule: CoverageRule(slack: .seconds(120)),
            carriesTweets: true,
            serverDate: opened,
            openedAt: MonotonicInstant(nanoseconds: 0),
            backfillAsked: false
        )
        // Far before the session, as a recovery's are.
        let created = (0..<10_001).map { opened - .seconds(7200) + .milliseconds($0 * 7) }
        for time in created {
            coverage.read(TweetID(UInt64(time.milliseconds - TweetID.snowflakeEpoch) << 22)!)
            lane.lost(RecordOpaque(kind: .deadletter, lane: 0, slot: coverage.slot), createdAt: time, bytes: 0)
        }
        lane.withState { state in
            #expect(state.losses.createdAt.count <= SessionCoverage.holesMax)
            #expect(state.counts.lost == 10_001)
            state.losses.move(to: &coverage)
            #expect(state.losses == AcknowledgementLane.Losses())
        }
        #expect(created.allSatisfy { time in coverage.holes.contains { $0.contains(time) } })
        #expect(coverage.holes.count <= SessionCoverage.holesMax)
        #expect(coverage.holes.allSatisfy { $0.to < opened - .seconds(7000) })
    }

    @Test("a loss without a time makes a hole of all that the session does not count yet")
    func unknownLoss() {
        let lane = AcknowledgementLane(number: 0)
        lane.begin(kafkaPartitions: 1)
        var coverage = SessionCoverage(
            rule: CoverageRule(slack: .seconds(120)),
            carriesTweets: true,
            serverDate: opened,
            openedAt: MonotonicInstant(nanoseconds: 0),
            backfillAsked: false
        )
        lane.lost(RecordOpaque(kind: .deadletter, lane: 0, slot: 0), createdAt: nil, bytes: 0)
        lane.withState { $0.losses.move(to: &coverage) }
        #expect(coverage.holes.contains { $0.contains(opened - .seconds(60)) && $0.contains(opened) })
    }

    @Test("offsets widen the session's range and never narrow it")
    func offsets() {
        let lane = AcknowledgementLane(number: 0)
        lane.begin(kafkaPartitions: 2)
        let opaque = RecordOpaque(kind: .raw, lane: 0, slot: 0)
        lane.acknowledged(opaque, partition: 1, offsets: (50, 50), bytes: 0)
        lane.acknowledged(opaque, partition: 1, offsets: (40, 90), bytes: 0)
        lane.acknowledged(opaque, partition: 1, offsets: (60, 60), bytes: 0)
        let offsets = lane.withState { $0.offsets }
        #expect(offsets == [1: SessionRecord.Offsets(first: 40, last: 90)])
    }

    @Test("a cut of raw stands in the session's offsets, and not in the next session's")
    func rewritten() {
        let lane = AcknowledgementLane(number: 0)
        lane.begin(kafkaPartitions: 2)
        let opaque = RecordOpaque(kind: .raw, lane: 0, slot: 0)
        lane.rewritten(SessionRecord.Rewritten(from: 40, through: 60), partition: 1)
        lane.acknowledged(opaque, partition: 1, offsets: (40, 40), bytes: 0)
        #expect(lane.withState { $0.offsets[1]?.rewritten } == SessionRecord.Rewritten(from: 40, through: 60))
        lane.begin(kafkaPartitions: 2)
        lane.acknowledged(opaque, partition: 1, offsets: (70, 70), bytes: 0)
        #expect(lane.withState { $0.offsets[1] } == SessionRecord.Offsets(first: 70, last: 70))
    }
}
