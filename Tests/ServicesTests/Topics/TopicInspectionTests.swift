import Testing
import Tweets

@testable import Services

@Suite("What topics check finds")
struct TopicInspectionTests {
    /// A deviation, and the one finding that it must give.
    struct Deviation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: TopicFinding.Kind
        let subject: String
        let word: String
        let change: @Sendable (inout ClusterSnapshot) -> Void

        init(
            _ description: String,
            _ kind: TopicFinding.Kind,
            _ subject: String,
            _ word: String,
            _ change: @escaping @Sendable (inout ClusterSnapshot) -> Void
        ) {
            self.testDescription = description
            self.kind = kind
            self.subject = subject
            self.word = word
            self.change = change
        }

        /// A topic's setting that has another value than planned.
        init(_ topic: String, _ setting: String, _ value: String, _ kind: TopicFinding.Kind) {
            self.init("\(topic) \(setting)=\(value)", kind, "x.\(topic)", setting) { snapshot in
                snapshot.topics["x.\(topic)"]?.settings[setting] = value
            }
        }
    }

    private static let names = TopicNames(prefix: "x")
    private static let horizon: Duration = .seconds(124 * 3600)

    /// A cluster as `topics create` makes it.
    private func planned(limit: TimestampLimit = .difference) -> ClusterSnapshot {
        let plan = TopicPlan(
            names: Self.names,
            partitionCount: 6,
            replicationFactor: 3,
            horizon: Self.horizon,
            limit: limit
        )
        var snapshot = ClusterSnapshot(bootstrapServers: "b:1", topics: [:])
        for topic in plan.topics {
            var settings = ["retention.bytes": "-1"]
            for setting in topic.settings { settings[setting.name] = setting.value }
            snapshot.topics[topic.name] = ClusterSnapshot.Topic(
                partitionCount: topic.partitionCount,
                replicationFactor: 3,
                settings: settings
            )
        }
        snapshot.brokerSettings = [
            "offsets.retention.minutes": "10080", "transaction.max.timeout.ms": "900000",
            "group.min.session.timeout.ms": "6000", "group.max.session.timeout.ms": "1800000",
        ]
        snapshot.recordedPartitionCounts = [6]
        snapshot.dedupLag = .seconds(3600)
        snapshot.changelog = (0..<6).map { .init(partition: $0, committed: 10, newest: 10) }
        return snapshot
    }

    private func findings(_ snapshot: ClusterSnapshot, isDevelopment: Bool = false) -> [TopicFinding] {
        TopicInspection.findings(
            in: snapshot,
            names: Self.names,
            horizon: Self.horizon,
            isDevelopment: isDevelopment
        )
    }

    @Test("nothing, on a cluster as topics create makes it", arguments: [TimestampLimit.difference, .beforeAndAfter])
    func nothing(limit: TimestampLimit) {
        #expect(findings(planned(limit: limit)) == [])
    }

    @Test(
        "one deviation, one finding",
        arguments: [
            Deviation("no seen", .missing, "x.seen", "does not exist") { $0.topics["x.seen"] = nil },
            Deviation("late not allowed", .missing, "x.late", "AUTH") {
                $0.topics["x.late"] = nil
                $0.refusals["x.late"] = "cannot be described: AUTH"
            },
            Deviation("tweets uneven", .partitions, "x.*", "x.tweets has 5") {
                $0.topics["x.tweets"]?.partitionCount = 5
            },
            Deviation("control wide", .partitions, "x.control", "has 2") { $0.topics["x.control"]?.partitionCount = 2 },
            Deviation("another count on record", .partitions, "x.raw", "12 are on record") {
                $0.recordedPartitionCounts = [6, 12]
            },
            Deviation("two replicas", .durability, "x.raw", "has 2 replicas") {
                $0.topics["x.raw"]?.replicationFactor = 2
                $0.topics["x.raw"]?.settings["min.insync.replicas"] = "1"
            },
            Deviation("control", "min.insync.replicas", "1", .durability),
            Deviation("tweets", "min.insync.replicas", "3", .durability),
            Deviation("raw", "unclean.leader.election.enable", "true", .durability),
            Deviation("raw", "cleanup.policy", "delete", .retention),
            Deviation("control", "cleanup.policy", "compact,delete", .retention),
            Deviation("deadletter", "cleanup.policy", "compact", .retention),
            Deviation("raw", "retention.ms", "532799999", .retention),
            Deviation("seen", "retention.ms", "532799999", .retention),
            Deviation("tweets", "retention.ms", "3600000", .retention),
            Deviation("seen", "retention.bytes", "1000000", .retention),
            Deviation("late", "delete.retention.ms", "446399999", .compaction),
            Deviation("raw", "delete.retention.ms", "86400000", .compaction),
            Deviation("control", "segment.ms", "604800000", .compaction),
            Deviation("raw", "min.compaction.lag.ms", "43199999", .compaction),
            Deviation("dedup far behind", .compaction, "x.raw", "behind") { $0.dedupLag = .seconds(6 * 3600 + 1) },
            Deviation("compliance", "max.message.bytes", "1048588", .refusal),
            Deviation("raw", "message.timestamp.type", "LogAppendTime", .refusal),
            Deviation("offsets expire", .limits, "brokers", "offsets.retention.minutes") {
                $0.brokerSettings["offsets.retention.minutes"] = "7439"
            },
            Deviation("short transactions", .limits, "brokers", "transaction.max.timeout.ms") {
                $0.brokerSettings["transaction.max.timeout.ms"] = "9999"
            },
            Deviation("long sessions only", .limits, "brokers", "group.min.session.timeout.ms") {
                $0.brokerSettings["group.min.session.timeout.ms"] = "10001"
            },
            Deviation("changelog empty", .changelog, "x.seen [3]", "is empty") { $0.changelog[3].newest = nil },
            Deviation("changelog behind", .changelog, "x.seen [0]", "ends at raw offset 9") {
                $0.changelog[0].newest = 9
            },
        ]
    )
    func deviations(deviation: Deviation) throws {
        var snapshot = planned()
        deviation.change(&snapshot)
        let found = findings(snapshot)
        #expect(found.count == 1, "\(found)")
        let finding = try #require(found.first)
        #expect(finding.kind == deviation.kind)
        #expect(finding.subject == deviation.subject)
        #expect(finding.what.contains(deviation.word), "\(finding.what)")
        #expect(!finding.why.isEmpty && !finding.run.isEmpty)
        #expect(!finding.line.contains("\n"))
    }

    @Test(
        "what is harmless is no finding",
        arguments: [
            Deviation("kept for ever", .retention, "", "") { $0.topics["x.raw"]?.settings["retention.ms"] = "-1" },
            Deviation("at the limit", .retention, "", "") {
                $0.topics["x.seen"]?.settings["retention.ms"] = "532800000"
            },
            Deviation("no group yet", .changelog, "", "") {
                $0.changelog = []
                $0.dedupLag = nil
            },
            Deviation("changelog ahead", .changelog, "", "") { $0.changelog[1].newest = 11 },
            Deviation("first start", .changelog, "", "") {
                $0.changelog[2] = .init(partition: 2, committed: 0, newest: nil)
                $0.changelog[4] = .init(partition: 4, committed: nil, newest: nil)
            },
            Deviation("dedup at half", .compaction, "", "") { $0.dedupLag = .seconds(6 * 3600) },
            Deviation("brokers not shown", .limits, "", "") { $0.brokerSettings = [:] },
            Deviation("nobody recorded", .partitions, "", "") { $0.recordedPartitionCounts = [] },
        ]
    )
    func harmless(deviation: Deviation) {
        var snapshot = planned()
        deviation.change(&snapshot)
        #expect(findings(snapshot) == [])
    }

    @Test("timestamp limits are found under the name that is in force")
    func timestamps() {
        func found(_ settings: [String: String]) -> [String] {
            var snapshot = planned()
            snapshot.topics["x.tweets"]?.settings.merge(settings, uniquingKeysWith: { _, new in new })
            return findings(snapshot).map { $0.kind == .refusal ? $0.what : "?" }
        }
        let unlimited = "\(Int64.max)"
        #expect(found(["message.timestamp.difference.max.ms": "446400000"]) == [])
        #expect(found(["message.timestamp.difference.max.ms": "446399999"]).count == 1)
        // 3.6 to 3.9 have both; the old one counts only beside a new one without limit.
        #expect(found(["message.timestamp.before.max.ms": "3600000"]).count == 1)
        #expect(
            found([
                "message.timestamp.difference.max.ms": "1000", "message.timestamp.before.max.ms": "446400000",
                "message.timestamp.after.max.ms": "3600000",
            ]) == []
        )
        #expect(
            found([
                "message.timestamp.difference.max.ms": unlimited, "message.timestamp.after.max.ms": "899999",
            ]) == ["message.timestamp.after.max.ms is 14min, needs 15min or more"]
        )
    }

    @Test("in development one broker is enough, but nothing else is forgiven")
    func development() {
        var snapshot = planned()
        for name in Self.names.all {
            snapshot.topics[name]?.replicationFactor = 1
            snapshot.topics[name]?.settings["min.insync.replicas"] = "1"
        }
        #expect(findings(snapshot).map(\.kind) == Array(repeating: .durability, count: 7))
        #expect(findings(snapshot, isDevelopment: true) == [])
        snapshot.topics["x.raw"]?.settings["retention.ms"] = "1"
        #expect(findings(snapshot, isDevelopment: true).map(\.kind) == [.retention])
    }

    @Test("commands can be pasted into a shell")
    func commands() throws {
        var snapshot = planned()
        snapshot.topics["x.raw"]?.settings["cleanup.policy"] = "delete"
        #expect(
            try #require(findings(snapshot).first).run
                == "kafka-configs.sh --bootstrap-server b:1 --alter --entity-type topics --entity-name x.raw "
                + "--add-config 'cleanup.policy=[compact,delete]'"
        )
    }

    @Test("JSON has the same content as the lines")
    func json() {
        let finding = TopicFinding(kind: .missing, subject: "s", what: "w", why: "y", run: "r")
        #expect(ClusterCheck.text([], isJSON: true) == "{\"findings\":[]}\n")
        #expect(
            ClusterCheck.text([finding], isJSON: true)
                == "{\"findings\":[{\"kind\":\"missing\",\"run\":\"r\",\"subject\":\"s\",\"what\":\"w\",\"why\":\"y\"}]}\n"
        )
        #expect(ClusterCheck.text([finding], isJSON: false) == "s: w. Why: y. Do: r\n")
    }
}
