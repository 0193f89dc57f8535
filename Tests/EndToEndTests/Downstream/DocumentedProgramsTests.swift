import Foundation
import Testing

/// The programs that Operations.md gives to those who consume: what somebody copies must at least compile.
@Suite("The documented consumers")
struct DocumentedProgramsTests {
    private let programs: [(language: String, text: String)]

    init() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/decahose/decahose.docc/Operations.md").standardized
        let chapter =
            try String(contentsOf: page, encoding: .utf8)
            .components(separatedBy: "## For those who consume").last ?? ""
        programs = chapter.components(separatedBy: "\n```").enumerated().compactMap { number, text in
            // Every second piece lies between two fences, and begins with its language.
            guard number % 2 == 1, let end = text.firstIndex(of: "\n") else { return nil }
            return (String(text[..<end]), String(text[end...]))
        }
    }

    @Test("Python's is Python", .enabled(if: DownstreamReader.succeeds(["python3", "--version"]), "no python3"))
    func python() throws {
        let texts = programs.filter { $0.language == "python" }
        try #require(!texts.isEmpty)
        for program in texts {
            try inFolder { folder in
                let file = folder.appending(path: "program.py")
                try program.text.write(to: file, atomically: true, encoding: .utf8)
                _ = try DownstreamReader.output(of: ["python3", "-m", "py_compile", file.path], folder)
            }
        }
    }

    @Test(
        "those in Java compile with Kafka's own libraries",
        .enabled(if: JavaOfKafka.isThere, DownstreamReader.java.missing)
    )
    func java() throws {
        let texts = programs.filter { $0.language == "java" }
        try #require(texts.count >= 2)
        for program in texts {
            try inFolder { folder in
                let file = folder.appending(path: "Program.java")
                try Self.javaClass(program.text).write(to: file, atomically: true, encoding: .utf8)
                let command = ["javac", "-Werror", "-cp", JavaOfKafka.classPath, "-d", folder.path, file.path]
                _ = try DownstreamReader.output(of: command, folder)
            }
        }
    }

    /// A class around statements; where a name comes from, a reader's editor knows.
    private static func javaClass(_ statements: String) -> String {
        let packages = [
            "java.time", "java.util", "org.apache.kafka.clients.consumer", "org.apache.kafka.common.serialization",
            "org.apache.kafka.streams", "org.apache.kafka.streams.kstream",
        ]
        return packages.map { "import \($0).*;\n" }.joined()
            + "class Program {\n    public static void main(String[] arguments) {\n\(statements)\n    }\n}\n"
    }

    private func inFolder(_ work: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "decahose-program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try work(folder)
    }
}
