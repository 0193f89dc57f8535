import Foundation
import Testing

/// `Reference.md` is made from the code: `DECAHOSE_TEST_WRITE_REFERENCE=1` writes it anew.
@Suite("The reference in the documentation")
struct ReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        .standardized

    @Test("says what the code says: settings, topics, ACLs, metrics, records, exit codes")
    func reference() throws {
        let url = Self.root.appending(path: "Sources/decahose/decahose.docc/Reference.md")
        let text = try ReferenceText.whole(controlFolder: Self.root.appending(path: "Sources/Tweets/Control"))
        if ProcessInfo.processInfo.environment["DECAHOSE_TEST_WRITE_REFERENCE"] == "1" {
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        let found = try String(contentsOf: url, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let expected = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, pair) in zip(found, expected).enumerated() where pair.0 != pair.1 {
            Issue.record("line \(number + 1) is '\(pair.0)' and the code says '\(pair.1)'")
            break
        }
        #expect(found.count == expected.count)
    }

    @Test("every setting that a file, a container or a document names is one that there is")
    func names() throws {
        let known = ReferenceText.environmentNames
        for folder in ["config", "docker", "Sources/decahose/decahose.docc", "README.md"] {
            for path in try files(folder) {
                guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
                for word in text.split(whereSeparator: { !($0.isUppercase || $0 == "_" || $0.isNumber) })
                where word.hasPrefix("DECAHOSE_") && word.count > 10 && !word.hasSuffix("_") {
                    let isKafka = word.hasPrefix("DECAHOSE_KAFKA_")
                    let isTest = word.hasPrefix("DECAHOSE_TEST_")
                    #expect(isKafka || isTest || known.contains(String(word)), "\(path) names \(word)")
                }
            }
        }
    }

    private func files(_ folder: String) throws -> [String] {
        let path = Self.root.appending(path: folder).path
        guard let names = FileManager.default.enumerator(atPath: path) else { return [path] }
        let paths = names.compactMap { $0 as? String }.map { "\(path)/\($0)" }
        return paths.isEmpty ? [path] : paths
    }
}
