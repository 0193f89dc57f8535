import FoundationEssentials
public import Kafka
public import Operations
public import Settings
public import Tweets

/// `decahose topics check`: compares a live cluster with what correctness needs, and changes nothing.
public struct ClusterCheck {
    private let settings: ToolSettings
    private let isDevelopment: Bool
    private let now: Instant
    private let trouble = ConnectionTrouble()
    private let observer: KafkaObserver

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - settings: Connection, prefix and horizon.
    ///   - isDevelopment: Whether replication does not matter.
    ///   - now: The wall clock's time, against which dedup's lag is measured.
    ///   - observer: Takes librdkafka's log.
    public init(_ settings: ToolSettings, isDevelopment: Bool, now: Instant, observer: KafkaObserver) {
        self.settings = settings
        self.isDevelopment = isDevelopment
        self.now = now
        self.observer = trouble.listening(for: observer)
    }

    /// Asks the cluster and compares; blocks for some seconds, at most a few minutes.
    ///
    /// - Throws: ``ProcessExit/kafkaUnreachable`` where the cluster does not answer.
    public func findings() throws(ExitError) -> [TopicFinding] {
        let probe = ClusterProbe(
            names: settings.common.topics,
            bootstrapServers: settings.common.bootstrapServers,
            properties: .role(settings.common, clientID: "decahose-topics"),
            now: now,
            observer: observer
        )
        do {
            return TopicInspection.findings(
                in: try probe.snapshot(),
                names: settings.common.topics,
                horizon: settings.horizon,
                isDevelopment: isDevelopment
            )
        } catch {
            if error.isUnanswered {
                throw ExitError.unreachable(settings.common.bootstrapServers, error, trouble)
            }
            throw ExitError(
                error.code.isRefusal ? .configuration : .kafkaUnreachable,
                "The topics on \(settings.common.bootstrapServers) could not be checked: \(error.granting(.check))"
            )
        }
    }

    /// The findings as lines, or as one JSON object, `{"findings":[{"kind","subject","what","why","run"}]}`.
    public static func text(_ findings: [TopicFinding], isJSON: Bool) -> String {
        guard isJSON else {
            if findings.isEmpty { return "The topics are as correctness needs them.\n" }
            return findings.map { $0.line + "\n" }.joined()
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(["findings": findings]) else {
            preconditionFailure("findings cannot be encoded: \(findings)")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
