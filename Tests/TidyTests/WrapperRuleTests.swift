import Testing

@Suite("What stays inside the wrappers")
struct WrapperRuleTests {
    @Test("unchecked Sendable stands in the wrappers of C libraries only")
    func uncheckedSendable() throws {
        for file in try SourceTree().files where file.path.hasPrefix("Sources/") {
            guard !["Kafka", "StreamClient"].contains(file.target) else { continue }
            for marker in ["@unchecked Sendable", "nonisolated(unsafe)"] where file.text.contains(marker) {
                Issue.record("\(file.path) uses \(marker)")
            }
        }
    }

    @Test("each C library is imported by its one wrapper")
    func wrappers() throws {
        let owners = [
            "CLibrdkafka": ["Kafka"], "CLibcurl": ["StreamClient"], "CZlib": ["StreamClient", "Simulator"],
            "CBitMasks": ["Ingest"],
        ]
        for file in try SourceTree().files where file.path.hasPrefix("Sources/") {
            for (library, targets) in owners where file.text.contains("import \(library)") {
                #expect(targets.contains(file.target), "\(file.path) imports \(library)")
            }
        }
    }

    @Test("nothing is left to do later, switched off, or shut up")
    func leftovers() throws {
        let markers = ["TO" + "DO", "FIX" + "ME", "swift-format-" + "ignore", ".disabled" + "("]
        for file in try SourceTree().files {
            for marker in markers where file.text.contains(marker) {
                Issue.record("\(file.path) contains \(marker)")
            }
        }
    }
}
