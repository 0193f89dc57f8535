import Foundation
import FuzzSupport
import Glibc
import Settings

/// Fuzzes the configuration: a file, and behind a zero byte the environment, for every role.
@main
enum ConfigurationFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

private let path = FileManager.default.temporaryDirectory.appending(path: "decahose-fuzz-\(getpid()).toml").path

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let parts = Array(UnsafeBufferPointer(start: bytes, count: count))
        .split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    _ = FileManager.default.createFile(atPath: path, contents: Data(parts.first ?? []))
    var environment: [String: String] = [:]
    for line in Array(parts.dropFirst().joined()).split(separator: UInt8(ascii: "\n")) {
        let pair = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = "DECAHOSE_" + String(decoding: pair[0], as: UTF8.self)
        environment[name] = String(decoding: pair.dropFirst().joined(), as: UTF8.self)
    }
    do throws(InvalidConfiguration) {
        let configuration = try Configuration(file: path, environment: environment)
        objectTo { () throws(InvalidConfiguration) in _ = try BridgeSettings(configuration) }
        objectTo { () throws(InvalidConfiguration) in _ = try DedupSettings(configuration, hostName: "host") }
        objectTo { () throws(InvalidConfiguration) in _ = try CoordinatorSettings(configuration) }
    } catch {
        guard !error.problems.isEmpty else { fatalError("refused without a reason") }
    }
    return 0
}

private func objectTo(_ body: () throws(InvalidConfiguration) -> Void) {
    do throws(InvalidConfiguration) {
        try body()
    } catch {
        guard !error.problems.isEmpty else { fatalError("refused without a reason") }
    }
}
