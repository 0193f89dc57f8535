import Dedup
import FuzzSupport
import Tweets

/// Fuzzes what dedup restores from: records of the `seen` topic, damaged ones and ones that are only wrong.
@main
enum ChangelogFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

private let timing = DedupTiming(
    horizon: .seconds(28 * 3600),
    recoveryWindow: .seconds(24 * 3600),
    deliverySlack: .seconds(120)
)

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
    if let record = try? SeenRecord(decoding: bytes) { check(record) }
    var input = FuzzInput(bytes)
    var fold = RestoreFold(timing: timing)
    var number = UInt64(input.byte() % 4)
    var offset: Int64 = 0
    while !input.isEmpty, offset < 64 {
        offset += 1
        number = input.byte() == 0 ? UInt64(bitPattern: input.number()) : number &+ 1
        var progress = DedupProgress()
        progress.streamTime = input.flag() ? Instant(milliseconds: input.number()) : nil
        progress.lateLine = input.flag() ? Instant(milliseconds: input.number()) : nil
        var record = SeenRecord(number: number, nextOffset: input.number(), progress: progress)
        var id: UInt64 = 0
        record.entries = input.list(6) { input in
            id = id &+ UInt64(input.byte()) << UInt64(input.byte() % 40)
            return .init(id: min(id, UInt64(Int64.max)), isDeleted: input.flag())
        }
        record.farFuture = input.list(2) { .init(id: UInt64($0.byte()), isDeleted: $0.flag(), received: $0.number()) }
        record.farFuture.sort { $0.id < $1.id }
        record.entries.sort { $0.id < $1.id }
        record.recovered = input.list(2) {
            .init(
                minute: $0.number(),
                stream: Int(truncatingIfNeeded: $0.number()),
                count: Int(truncatingIfNeeded: $0.number())
            )
        }
        var encoded: [UInt8] = []
        record.encode(into: &encoded)
        if input.byte() == 0, !encoded.isEmpty { encoded[Int(input.byte()) % encoded.count] ^= input.byte() }
        encoded.withUnsafeBytes { bytes in
            if let read = try? SeenRecord(decoding: bytes) { check(read) }
            fold.add(bytes, offset: offset)
        }
    }
    _ = fold.finish(committed: input.flag() ? input.number() : nil)
    return 0
}

/// What was read says the same when it is written and read again.
private func check(_ record: SeenRecord) {
    var encoded: [UInt8] = []
    record.encode(into: &encoded)
    guard let again = encoded.withUnsafeBytes({ try? SeenRecord(decoding: $0) }), again == record else {
        fatalError("\(record) is not what its own bytes say")
    }
}
