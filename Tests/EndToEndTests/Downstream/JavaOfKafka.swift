import Foundation

/// Kafka's own Java libraries, out of the distribution that `KAFKA_HOME` names.
enum JavaOfKafka {
    /// Whether there are some, and a compiler for programs that use them.
    static let isThere: Bool = {
        let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "\(home)/libs")) ?? []
        return libraries.contains { $0.hasPrefix("kafka-streams-") }
            && DownstreamReader.succeeds(["javac", "-version"])
    }()

    static var classPath: String { "\(home)/libs/*" }

    private static let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
}
