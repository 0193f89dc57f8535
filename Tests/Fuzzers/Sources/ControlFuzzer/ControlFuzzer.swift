import Foundation
import FuzzInput
import Glibc
import LibFuzzer
import Recovery
import Tweets

/// Fuzzes the coordinator's core with control records that anybody may have written.
@main
enum ControlFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
    }
}

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
    if bytes.first == UInt8(ascii: "{") {
        for kind in ControlKey.Kind.allCases { _ = try? decode(kind, Data(bytes)) }
        return 0
    }
    var play = Play(FuzzInput(bytes))
    play.run()
    return 0
}

struct Unreadable: Error {}

/// Reads a record as every reader of control does.
func decode(_ kind: ControlKey.Kind, _ data: Data) throws -> ControlRecord {
    guard ControlNumbers.areCounts(data) else { throw Unreadable() }
    let decoder = JSONDecoder()
    return switch kind {
    case .session: .session(try decoder.decode(SessionRecord.self, from: data))
    case .claim: .claim(try decoder.decode(ClaimRecord.self, from: data))
    case .gap: .gap(try decoder.decode(GapRecord.self, from: data))
    case .job: .job(try decoder.decode(JobRecord.self, from: data))
    case .loss: .loss(try decoder.decode(LossRecord.self, from: data))
    case .census: .census(try decoder.decode(CensusRecord.self, from: data))
    case .ledger: .ledger(try decoder.decode(LedgerRecord.self, from: data))
    case .topics: .topics(try decoder.decode(TopicsRecord.self, from: data))
    }
}

func encode(_ record: ControlRecord) throws -> Data {
    let encoder = JSONEncoder()
    return switch record {
    case .session(let value): try encoder.encode(value)
    case .claim(let value): try encoder.encode(value)
    case .gap(let value): try encoder.encode(value)
    case .job(let value): try encoder.encode(value)
    case .loss(let value): try encoder.encode(value)
    case .census(let value): try encoder.encode(value)
    case .ledger(let value): try encoder.encode(value)
    case .topics(let value): try encoder.encode(value)
    }
}
