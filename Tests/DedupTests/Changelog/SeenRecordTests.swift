import Testing
import Tweets

@testable import Dedup

@Suite("A changelog record")
struct SeenRecordTests {
    static func decode(_ bytes: [UInt8]) -> Result<SeenRecord, SeenRecordError> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(SeenRecordError) in try SeenRecord(decoding: bytes) }
        }
    }

    static func random(_ generator: inout SplitMix64) -> SeenRecord {
        var record = SeenRecord(
            number: UInt64.random(in: 1...1 << 40, using: &generator),
            nextOffset: Int64.random(in: 0...1 << 50, using: &generator),
            progress: generator.chance(0.2)
                ? DedupProgress()
                : DedupProgress(
                    streamTime: Instant(milliseconds: Int64.random(in: 0..<1 << 42, using: &generator)),
                    lateLine: Instant(milliseconds: Int64.random(in: 0..<1 << 42, using: &generator))
                )
        )
        var ids: Set<UInt64> = []
        for _ in 0..<Int.random(in: 0...200, using: &generator) {
            ids.insert(UInt64.random(in: 1...UInt64(Int64.max), using: &generator))
        }
        record.entries = ids.sorted().map { SeenRecord.Entry(id: $0, isDeleted: generator.chance(0.2)) }
        record.farFuture = ids.sorted().prefix(Int.random(in: 0...5, using: &generator)).map {
            SeenRecord.FarFutureEntry(id: $0, isDeleted: generator.chance(0.5), received: Int64($0 >> 22))
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let minute = Int64.random(in: 0..<1 << 40, using: &generator)
            let count = generator.chance(0.3) ? 0 : Int.random(in: 1..<1 << 32, using: &generator)
            record.recovered.append(
                SeenRecord.Recovered(minute: minute, stream: Int.random(in: 0...20, using: &generator), count: count)
            )
        }
        return record
    }

    @Test("is read as it was written, the greatest ID included", arguments: Seeds.draw(2))
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for round in 0..<100 {
            var record = Self.random(&generator)
            if round == 0 {
                record.entries = [SeenRecord.Entry(id: 1, isDeleted: true)]
                record.entries.append(SeenRecord.Entry(id: UInt64(Int64.max), isDeleted: true))
            }
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            #expect(Self.decode(bytes) == .success(record), "seed \(seed)")
        }
    }

    @Test("every changed byte and every cut is found", arguments: Seeds.draw(2))
    func damage(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var bytes: [UInt8] = []
        Self.random(&generator).encode(into: &bytes)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            #expect(throws: SeenRecordError.self, "seed \(seed) byte \(index)") { try Self.decode(changed).get() }
            #expect(throws: SeenRecordError.self, "seed \(seed) cut \(index)") {
                try Self.decode(Array(bytes.prefix(index))).get()
            }
        }
    }

    @Test("bytes with a right checksum and a senseless body are an error, not a crash", arguments: Seeds.draw(2))
    func hostile(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            var body = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                generator.chance(0.3) ? 0xFF : UInt8.random(in: 0...255, using: &generator)
            }
            let checksum = body.withUnsafeBytes { Checksum.of($0) }
            body = [1] + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) } + body
            guard case .success(let record) = Self.decode(body) else { continue }
            let ids = record.entries.map(\.id)
            #expect(ids == Set(ids).sorted(), "seed \(seed): IDs must rise")
        }
    }

    @Test("a record of a later version says so")
    func laterVersion() {
        #expect(Self.decode([2, 0, 0, 0, 0, 0, 0]) == .failure(.version(2)))
    }

    @Test("takes four to five bytes an ID at the rate of a Decahose")
    func price() {
        var snowflakes = Snowflakes(seed: 3)
        var record = SeenRecord(number: 1_000_000, nextOffset: 1 << 33, progress: DedupProgress())
        // What a tenth of a second of one of six partitions emits, with the disorder of delivery.
        let ids = Set((0..<60).map { snowflakes.id(atSecond: $0 / 10) }).sorted()
        record.entries = ids.map { SeenRecord.Entry(id: $0, isDeleted: false) }
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        #expect(Double(bytes.count) / Double(ids.count) <= 5.5, "\(bytes.count) for \(ids.count)")
    }
}
