import FuzzSupport
import Recovery
import Tweets

/// Fuzzes the coordinator's core with control records that anybody may have written.
@main
enum ControlFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
    if bytes.first == UInt8(ascii: "{") {
        for kind in ControlKey.Kind.allCases {
            Array("\(kind.rawValue):x".utf8).withUnsafeBytes { _ = ControlCodec.decode(key: $0, value: bytes) }
        }
        return 0
    }
    var play = Play(FuzzInput(bytes))
    play.run()
    return 0
}
