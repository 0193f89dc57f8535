import Testing
import Tweets

@testable import Services

@Suite("Bounds of offsets that the broker did not repeat")
struct OffsetBoundsTests {
    private let opaque = RecordOpaque(kind: .raw, lane: 1, slot: 2)

    @Test("offsets that are named pass as they are, also below a cut of the log")
    func named() {
        var bounds = OffsetBounds(partitions: 2)
        let offsets: [Int64] = [5, 6, 9, 2, 3]
        #expect(offsets.map { bounds.offset(of: opaque, partition: 1, reported: $0, bytes: 0) } == offsets)
        #expect(bounds.unknown.isEmpty)
    }

    @Test("a batch without offsets is bounded by what was told before and by the watermark after it")
    func duplicate() {
        var bounds = OffsetBounds(partitions: 2)
        _ = bounds.offset(of: opaque, partition: 0, reported: 41, bytes: 0)
        // As librdkafka numbers a batch whose base offset is -1; the report gives none for the negative one.
        let found = ([nil, 0, 1, 2, 50] as [Int64?]).map {
            bounds.offset(of: opaque, partition: 0, reported: $0, bytes: 0)
        }
        #expect(found == [nil, nil, nil, nil, 50])
        #expect(bounds.partitions == [0])
        let other = bounds.resolve(highWatermarks: [1: 7])
        #expect(other.isEmpty)
        let resolved = bounds.resolve(highWatermarks: [0: 60])
        #expect(resolved.count == 4)
        #expect(resolved.allSatisfy { $0.record.first == 42 && $0.last == 59 })
        #expect(bounds.unknown.isEmpty)
    }

    @Test("two batches without offsets in a row are both found")
    func twice() {
        var bounds = OffsetBounds(partitions: 1)
        let found = ([nil, 0, 1, nil, 0] as [Int64?]).map {
            bounds.offset(of: opaque, partition: 0, reported: $0, bytes: 0)
        }
        #expect(found == [nil, nil, nil, nil, nil])
        let resolved = bounds.resolve(highWatermarks: [0: 5])
        #expect(resolved.map(\.last) == [4, 4, 4, 4, 4])
    }

    @Test("without anything told before, or where the log was cut since, the lower bound is the partition's beginning")
    func beginning() {
        var bounds = OffsetBounds(partitions: 1)
        _ = bounds.offset(of: opaque, partition: 0, reported: nil, bytes: 0)
        let first = bounds.resolve(highWatermarks: [0: 10])
        #expect(first.map(\.record.first) == [0])
        _ = bounds.offset(of: opaque, partition: 0, reported: 100, bytes: 0)
        _ = bounds.offset(of: opaque, partition: 0, reported: nil, bytes: 0)
        let resolved = bounds.resolve(highWatermarks: [0: 80])
        #expect(resolved.map(\.record.first) == [0])
        #expect(resolved.map(\.last) == [79])
    }

    @Test("an offset at or below an earlier one tells of a cut, until the log has grown past what was there")
    func rewritten() {
        var bounds = OffsetBounds(partitions: 2)
        func report(_ offset: Int64) -> SessionRecord.Rewritten? {
            _ = bounds.offset(of: opaque, partition: 1, reported: offset, bytes: 0)
            return bounds.rewritten[1]
        }
        #expect([10, 11, 19].map(report) == [nil, nil, nil])
        #expect([15, 16, 18].map(report) == Array(repeating: .init(from: 15, through: 19), count: 3))
        // Cut again meanwhile, further back and less far.
        #expect([12, 14].map(report) == Array(repeating: .init(from: 12, through: 19), count: 2))
        #expect([13, 19].map(report) == Array(repeating: .init(from: 12, through: 19), count: 2))
        #expect([20, 25].map(report) == [nil, nil])
        #expect(report(25) == .init(from: 25, through: 25))
        #expect(bounds.rewritten[0] == nil)
    }

    @Test("what a replaced producer reports says nothing of the log, and is bounded by its beginning and its end")
    func retired() {
        var bounds = OffsetBounds(partitions: 1)
        _ = bounds.offset(of: opaque, partition: 0, reported: 100, bytes: 0)
        bounds.take(ofRetired: opaque, partition: 0, bytes: 0)
        #expect(bounds.rewritten.isEmpty)
        let resolved = bounds.resolve(highWatermarks: [0: 120])
        #expect(resolved.map(\.record.first) == [0])
        #expect(resolved.map(\.last) == [119])
    }
}
