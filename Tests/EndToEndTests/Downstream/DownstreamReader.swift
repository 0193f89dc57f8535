import Foundation
import Testing

/// A record as a client printed it.
struct DownstreamRecord {
    var partition: Int
    var offset: Int
    var key: String
    /// Nil for a tombstone.
    var value: String?

    /// From `partition offset key size value`, of which the size is in bytes and -1 for a tombstone.
    init?(_ line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, let partition = Int(parts[0]), let offset = Int(parts[1]), let size = Int(parts[3])
        else { return nil }
        (self.partition, self.offset, key) = (partition, offset, String(parts[2]))
        value = size < 0 ? nil : String(parts[4])
        guard size < 0 ? parts[4].isEmpty : parts[4].utf8.count == size else { return nil }
    }
}

/// A Kafka client that is none of ours: it reads a whole topic and prints each record as a line.
struct DownstreamReader: Sendable {
    /// What it said instead of reading.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Whether it can be had here.
    let isThere: Bool
    /// What to install where it is not.
    let missing: Comment
    /// Its command, for brokers and a topic; builds what has to be built into the folder.
    private let command: @Sendable (_ brokers: String, _ topic: String, _ folder: URL) throws -> [String]

    static let kcat = usingKcat(isolation: "read_committed")
    static let kcatUncommitted = usingKcat(isolation: "read_uncommitted")

    private static func usingKcat(isolation: String) -> DownstreamReader {
        DownstreamReader(
            isThere: succeeds(["kcat", "-V"]),
            missing: "kcat is not installed: Debian's kcat"
        ) { brokers, topic, _ in
            [
                "kcat", "-C", "-q", "-e", "-b", brokers, "-t", topic, "-o", "beginning",
                "-X", "isolation.level=\(isolation)", "-f", "%p %o %k %S %s\\n",
            ]
        }
    }

    static let python = DownstreamReader(
        isThere: succeeds(["python3", "-c", "import confluent_kafka"]),
        missing: "python3 has no confluent_kafka: install PyPI's confluent-kafka, in a venv whose bin is first in PATH"
    ) { brokers, topic, _ in
        ["python3", sources.appending(path: "reader.py").path, brokers, topic]
    }

    static let librdkafka = DownstreamReader(
        isThere: succeeds(["cc", "--version"]) && succeeds(["pkg-config", "--exists", "rdkafka"]),
        missing: "no C compiler, or no librdkafka for it: Debian's gcc, pkg-config and librdkafka-dev"
    ) { brokers, topic, folder in
        let flags = try output(of: ["pkg-config", "--cflags", "--libs", "rdkafka"], folder)
        let program = folder.appending(path: "reader").path
        let source = sources.appending(path: "reader.c").path
        let build = ["cc", "-Wall", "-Wextra", "-Werror", "-o", program, source]
        _ = try output(of: build + flags.split { $0 == " " || $0 == "\n" }.map(String.init), folder)
        return [program, brokers, topic]
    }

    static let java = DownstreamReader(
        isThere: JavaOfKafka.isThere,
        missing: "no Java, or no KAFKA_HOME with Kafka's own client: Debian's default-jdk-headless"
    ) { brokers, topic, _ in
        let program = sources.appending(path: "Reader.java").path
        return ["java", "-cp", JavaOfKafka.classPath, program, brokers, topic]
    }

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Support/DownstreamReaders").standardized

    /// Reads the topic from its beginning to its end.
    func read(_ topic: CleanTopic) throws -> [DownstreamRecord] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "decahose-reader-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let command = try command(topic.brokers, topic.name, folder)
        return try Self.output(of: command, folder).split(separator: "\n").map { line in
            guard let record = DownstreamRecord(line) else { throw Failure(description: "no record: \(line)") }
            return record
        }
    }

    static func succeeds(_ command: [String]) -> Bool {
        let process = process(command)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// What a command prints; its errors where it fails, or takes longer than two minutes.
    static func output(of command: [String], _ folder: URL) throws -> String {
        let process = process(["timeout", "120"] + command)
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
            throw Failure(description: "\(command.joined(separator: " ")): \(process.terminationStatus), \(words)")
        }
        return String(decoding: try Data(contentsOf: output), as: UTF8.self)
    }

    private static func process(_ command: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        return process
    }
}
