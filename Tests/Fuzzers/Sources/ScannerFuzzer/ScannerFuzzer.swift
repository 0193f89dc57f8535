import FuzzSupport
import Ingest
import ScannerOracle
import Tweets

/// Fuzzes the scanner against a whole JSON parser.
@main
enum ScannerFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    let scanner = TweetIDScanner()
    let answer = scanner.classify(line)
    if let objection = ScannerOracle.objection(to: Array(line), answer: answer) { fatalError(objection) }
    if case .tweet(let id) = answer, let early = scanner.identify(prefix: line), early != id {
        fatalError("\(early) from the beginning, \(id) from the whole")
    }
    return 0
}
