import Foundation
import Testing

@Suite("The demonstration as a user runs it", .serialized)
struct DemoTests {
    private struct Report: Decodable {
        struct Act: Decodable {
            var act: String
            var happened: Bool
        }

        var sent: Int
        var delivered: Int
        var missing: Int
        var duplicated: Int
        var resurrected: Int
        var misKeyed: Int
        var recoveredFirst: Int
        var acts: [Act]
    }

    private func play(_ arguments: [String]) throws {
        let reportURL = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: reportURL) }
        let result = try BuiltExecutable.run(
            ["demo", "--plain", "--seconds", "45", "--rate", "400", "--report", reportURL.path] + arguments
        )
        try #require(
            result.exitCode == 0,
            "exit code \(result.exitCode)\n\(result.output.suffix(6000))\n\(result.errors.suffix(3000))"
        )
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: reportURL))
        #expect(report.missing == 0 && report.duplicated == 0 && report.resurrected == 0 && report.misKeyed == 0)
        #expect(report.sent > 1000 && report.delivered > 1000)
        #expect(report.recoveredFirst > 0)
        #expect(report.acts.map(\.act) == ["steady", "one-bridge-dead", "backfill", "both-bridges-dead", "deletes"])
        for act in report.acts { #expect(act.happened, "\(act.act)") }
    }

    @Test("passes, shortened, on the mock cluster", .timeLimit(.minutes(6)))
    func shortened() throws {
        try play([])
    }

    @Test(
        "passes with real payloads as templates",
        .enabled(if: Corpus.isThere, "the folder ../shared/corpus is not there"),
        .timeLimit(.minutes(6)),
        arguments: ["native-enriched.ndjson", "activity-streams.ndjson"]
    )
    func corpus(file: String) throws {
        try play(["--corpus", Corpus.path(file)])
    }
}

/// Real payloads, which live beside the project and never in it.
enum Corpus {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/corpus").standardized

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func path(_ file: String) -> String { folder.appending(path: file).path }
}
