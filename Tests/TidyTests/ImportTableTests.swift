import Testing

@Suite("The import table")
struct ImportTableTests {
    /// What each target may import beside the standard library; a target that is not named here fails the test.
    static let table: [String: Set<String>] = [
        "Tweets": [],
        "Ingest": ["Tweets", "CBitMasks"],
        "Dedup": ["Tweets"],
        "Recovery": ["Tweets"],
        "World": ["Tweets"],
        "StreamClient": ["CLibcurl", "CZlib", "Synchronization", "Glibc"],
        "Kafka": ["CLibrdkafka", "Synchronization", "Glibc"],
        "Settings": ["Tweets", "TOMLKit", "FoundationEssentials"],
        "Operations": ["Tweets", "Logging", "Histogram", "Synchronization", "Glibc", "FoundationEssentials"],
        "StatusServer": [
            "Operations", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore", "ServiceLifecycle", "Logging",
            "Synchronization",
            "FoundationEssentials",
        ],
        "Services": [
            "Tweets", "Ingest", "Dedup", "Recovery", "StreamClient", "Kafka", "Settings", "Operations",
            "ServiceLifecycle", "Logging", "Synchronization", "Glibc", "FoundationEssentials", "Dispatch",
        ],
        "Simulator": [
            "Tweets", "World", "Operations", "CZlib", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore",
            "NIOPosix", "NIOHTTP1",
            "NIOConcurrencyHelpers", "ServiceLifecycle", "Logging", "Synchronization", "Glibc", "FoundationEssentials",
        ],
        "Demo": ["Tweets", "Kafka", "StreamClient", "Operations", "Glibc", "FoundationEssentials"],
        "decahose": [
            "Tweets", "Services", "Simulator", "StatusServer", "Settings", "Operations", "Kafka", "Demo", "Recovery",
            "StreamClient", "World", "ServiceLifecycle", "UnixSignals", "Logging", "ArgumentParser", "Synchronization",
            "Glibc", "FoundationEssentials",
        ],
    ]

    @Test("no target imports what its place in the design forbids")
    func imports() throws {
        let tree = try SourceTree()
        let targets = Set(tree.files.filter { $0.path.hasPrefix("Sources/") }.map(\.target))
        #expect(targets.subtracting(Self.table.keys) == [])
        for file in tree.files where file.path.hasPrefix("Sources/") {
            let allowed = try #require(Self.table[file.target], "\(file.target) has no row")
            for line in file.lines where line.contains("import ") {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), words.count > index + 1,
                    words[..<index].allSatisfy({ ["public", "@testable", "@preconcurrency", "internal"].contains($0) })
                else { continue }
                let name = String(words[index + 1])
                #expect(allowed.contains(name), "\(file.path) imports \(name)")
            }
        }
    }

    @Test("pure targets ask no clock and no source of chance")
    func purity() throws {
        let tree = try SourceTree()
        for target in ["Tweets", "Ingest", "Dedup", "Recovery", "World"] {
            for file in tree.sources(of: target) {
                for (number, line) in file.lines.enumerated() {
                    let code = line.trimmingPrefix { $0 == " " }
                    guard !code.hasPrefix("//") else { continue }
                    for forbidden in [
                        "ContinuousClock", "SuspendingClock", ".random(in:", "SystemRandomNumberGenerator", "Task {",
                    ]
                    where code.contains(forbidden) && !code.contains("using:") {
                        Issue.record("\(file.path):\(number + 1) uses \(forbidden)")
                    }
                }
            }
        }
    }
}
