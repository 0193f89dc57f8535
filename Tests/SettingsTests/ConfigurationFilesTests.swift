import Foundation
import Testing

@testable import Settings

@Suite("The files in config/")
struct ConfigurationFilesTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../config")
        .standardized

    @Test("the reference says what the table says; DECAHOSE_TEST_WRITE_REFERENCE=1 writes it anew")
    func reference() throws {
        let url = folder.appending(path: "reference.toml")
        if ProcessInfo.processInfo.environment["DECAHOSE_TEST_WRITE_REFERENCE"] == "1" {
            try ConfigurationReference.toml().write(to: url, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == ConfigurationReference.toml())
        _ = try Configuration(file: url.path, environment: [:])
    }

    @Test("each role's example is a configuration that the role starts with")
    func examples() throws {
        _ = try BridgeSettings(Configuration(file: folder.path + "/bridge.toml", environment: [:]))
        _ = try DedupSettings(Configuration(file: folder.path + "/dedup.toml", environment: [:]), hostName: "h")
        _ = try CoordinatorSettings(Configuration(file: folder.path + "/coordinator.toml", environment: [:]))
    }
}
