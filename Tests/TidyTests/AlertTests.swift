import Foundation
import Testing

@Suite("Alerts, dashboards and the runbook")
struct AlertTests {
    private let tree: SourceTree
    private let alerts: String

    init() throws {
        tree = try SourceTree()
        alerts = try String(contentsOf: tree.root.appending(path: "config/prometheus/alerts.yaml"), encoding: .utf8)
    }

    private func words(startingWith prefix: String, in text: String) -> Set<String> {
        Set(
            text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init).filter { $0.hasPrefix(prefix) }
        )
    }

    private var names: [String] {
        alerts.split(separator: "\n").compactMap { line in
            line.range(of: "- alert: ").map { String(line[$0.upperBound...]) }
        }
    }

    /// The metrics that the code registers; those of a bridge are put together from a suffix.
    private var registered: Set<String> {
        let sources = tree.files.filter { $0.path.hasPrefix("Sources/Services/") }.map(\.text).joined(separator: "\n")
        var names = words(startingWith: "decahose_", in: sources)
        let bridge = tree.files.first { $0.path.hasSuffix("BridgeMetrics.swift") }?.text ?? ""
        for (call, suffix) in [("counter(\"", "_total"), ("gauge(\"", "")] {
            for part in bridge.components(separatedBy: call).dropFirst() {
                names.insert("decahose_bridge_\(part.prefix { $0 != "\"" })\(suffix)")
            }
        }
        return names
    }

    @Test("every metric that a rule or a panel asks for is one that the code registers")
    func metrics() throws {
        let panels = try String(contentsOf: tree.root.appending(path: "config/grafana/decahose.json"), encoding: .utf8)
        let asked = words(startingWith: "decahose_", in: alerts + panels)
        let known = registered
        #expect(asked.count > 15 && known.count > 30)
        for name in asked where !known.contains(name) {
            let isHistogram = ["_bucket", "_sum", "_count"].contains {
                name.hasSuffix($0) && known.contains(String(name.dropLast($0.count)))
            }
            #expect(isHistogram, "\(name) is registered nowhere")
        }
    }

    @Test("every alert has a test and an entry in the runbook, and the runbook has no others")
    func runbook() throws {
        let path = "Sources/decahose/decahose.docc/Runbook.md"
        let runbook = try String(contentsOf: tree.root.appending(path: path), encoding: .utf8)
        let tests = try String(
            contentsOf: tree.root.appending(path: "config/prometheus/alerts.test.yaml"),
            encoding: .utf8
        )
        let entries = runbook.split(separator: "\n").filter { $0.hasPrefix("## Decahose") }.map {
            String($0.dropFirst(3))
        }
        #expect(names.count >= 20)
        #expect(Set(entries) == Set(names))
        for name in names { #expect(tests.contains("- name: \(name)\n"), "\(name) has no test") }
    }

    @Test(
        "promtool takes the rules, and they fire when they should and only then",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "promtool is not installed")
    )
    func promtool() throws {
        for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]] {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/promtool")
            process.arguments = arguments
            process.currentDirectoryURL = tree.root.appending(path: "config/prometheus")
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(output)")
        }
    }
}
