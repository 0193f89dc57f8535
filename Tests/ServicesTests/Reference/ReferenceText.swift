import Foundation
import Tweets

@testable import Operations
@testable import Recovery
@testable import Services
@testable import Settings

/// The text of `Reference.md`, out of the tables and types of the code.
enum ReferenceText {
    static func whole(controlFolder: URL) throws -> String {
        let parts = [
            """
            # Reference

            Every setting, topic, ACL, metric, control record and exit code.

            ## Overview

            Made from the code by a test, which fails where the two differ: do not edit.
            """,
            settings, topics, access, metrics, try records(controlFolder), exitCodes,
        ]
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// The environment names of all settings and of the files of secrets.
    static var environmentNames: Set<String> {
        var names: Set<String> = ["DECAHOSE_CONFIG"]
        for key in ConfigurationTable.keys {
            names.insert(key.environmentName)
            if key.isSecret { names.insert(key.environmentName + "_FILE") }
        }
        return names
    }

    private static var settings: String {
        let rows = ConfigurationTable.keys.map { key in
            let roles = key.roles.map(\.rawValue).joined(separator: ", ")
            let secret = key.isSecret ? " Secret; `\(key.name)_file` names a file that holds it." : ""
            return [
                "`\(key.name)`", "`\(key.environmentName)`", ConfigurationReference.defaultDescription(of: key), roles,
                key.help + secret,
            ]
        }
        return """
            ## Settings

            In a TOML file (`--config`, else `DECAHOSE_CONFIG`), or in the environment, which wins. `kafka.<property>` hands any
            property of librdkafka on by its own name (`DECAHOSE_KAFKA_SECURITY_PROTOCOL` is `security.protocol`), but for those
            below; secret ones are read from a file too (`kafka.sasl.password_file`). `decahose config check` and
            `decahose config show` tell what a role would make of it.

            \(table(["setting", "environment", "default", "read by", "what it does"], rows))

            These properties of librdkafka carry a promise and cannot be set, under no alias either:

            \(table(["property", "because"], ProtectedProperties.reasons.map { ["`\($0.name)`", $0.reason] }))
            """
    }

    private static var topics: String {
        let names = TopicNames(prefix: "<prefix>")
        let plan = TopicPlan(names: names, partitionCount: 12, replicationFactor: 3, horizon: .seconds(124 * 3600))
        let contents = [
            names.raw: (
                "Tweet ID, decimal ASCII", "the line as received, without its end; null for a delete", "received"
            ),
            names.tweets: ("the same", "the same, one record a Tweet; null after its delete", "the Tweet's creation"),
            names.seen: ("none", "dedup's changelog, binary", "written"),
            names.control: ("`kind:id`", "JSON, the whole present state of a thing", "written"),
            names.late: ("Tweet ID", "Tweets older than the horizon, copies and deletes too", "received"),
            names.deadletter: ("none", "bytes that are no known message; the reason in the header", "received"),
            names.compliance: ("Tweet or user ID", "other compliance events, verbatim", "received"),
        ]
        let rows = plan.topics.map { topic -> [String] in
            let content = contents[topic.name] ?? ("", "", "")
            return ["`\(topic.name)`", content.0, content.1, content.2]
        }
        let settings = plan.topics.map { topic in
            ["`\(topic.name)`", topic.settings.map { "`\($0.name)=\($0.value)`" }.joined(separator: " ")]
        }
        return """
            ## Topics

            \(table(["topic", "key", "value", "timestamp"], rows))

            Partition = Java's murmur2 of the key. One header, `\(RecordHeader.name)`, tells where a record comes from, for example
            `c=a p=1 s=live n=<session>`: connection, stream partition, source (\(sources)), session; `j` is the recovery job, `e` the
            reason in deadletter; dedup adds `r`, when it was received, in milliseconds.

            What `decahose topics create` sets, for gnip's horizon of 124 h and three replicas:

            \(table(["topic", "settings"], settings))
            """
    }

    private static var sources: String {
        RecordHeader.Source.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    }

    private static var access: String {
        let names = TopicNames(prefix: "<prefix>")
        let rows = AccessTable.User.allCases.map { user -> [String] in
            let rules = AccessTable.rules(for: user, names)
            var order: [AccessRule.Operation] = []
            for rule in rules where !order.contains(rule.operation) { order.append(rule.operation) }
            let texts = order.map { operation in
                let resources = rules.filter { $0.operation == operation }.map { describe($0.resource) }
                return "**\(operation.rawValue)** " + resources.joined(separator: ", ")
            }
            return [user.rawValue, texts.joined(separator: "; ")]
        }
        return """
            ## ACLs

            What each needs, by what the code asks of Kafka; tried by hand on a broker with `StandardAuthorizer`, which no test
            repeats. `decahose topics acls <user>` prints them as commands. check and create look at the brokers' settings too where
            the user has DescribeConfigs on the cluster, and do without where not. Before Kafka 2.8, bridge and coordinator need
            IdempotentWrite on the cluster.

            \(table(["user", "ACLs"], rows))

            Readers of single topics name a group that they never join (`<prefix>-tools`, `<prefix>-topics`,
            `<prefix>-bridge-<connection>`, `<prefix>-dedup-restore`, `<prefix>-coordinator-reader`). Describe on groups that begin
            with `<prefix>-` is not needed, but keeps refusals out of the brokers' authorizer log.
            """
    }

    private static func describe(_ resource: AccessRule.Resource) -> String {
        switch resource {
        case .topic(let name): "topic `\(name)`"
        case .topics(let prefix): "topics that begin with `\(prefix)`"
        case .group(let name): "group `\(name)`"
        case .transactionalID(let name): "transactional ID `\(name)`"
        case .transactionalIDs(let prefix): "transactional IDs that begin with `\(prefix)`"
        }
    }

    private static var metrics: String {
        let registry = MetricsRegistry()
        let stream = StreamPartition(product: .sample10, number: 1)
        _ = BridgeMetrics(registry, connection: "a", stream: stream)
        _ = DedupMetrics(registry)
        var view = CoordinatorView()
        view.live = [stream: ["a"]]
        let empty = IntervalSet(EventInterval(from: Instant(milliseconds: 0), to: Instant(milliseconds: 0)))
        view.coverages = [
            StreamCoverage(
                stream: stream,
                timeline: EventInterval(from: Instant(milliseconds: 0), to: Instant(milliseconds: 0)),
                byConnection: [:],
                claimed: empty,
                lost: empty,
                truncated: empty,
                covered: empty,
                filled: empty,
                givenUp: empty
            )
        ]
        CoordinatorMetrics(registry).show(view)
        let lines = registry.prometheusText().split(separator: "\n").map(String.init)
        var rows: [[String]] = []
        for (index, line) in lines.enumerated() where line.hasPrefix("# HELP ") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            let type = lines[index + 1].split(separator: " ").last.map(String.init) ?? ""
            let sample = lines[index + 2]
            let labels = sample.split(separator: "{").dropFirst().first?.split(separator: ",").compactMap {
                $0.split(separator: "=").first.map(String.init)
            }
            let shown = (labels ?? []).filter { $0 != "le" }.map { "`\($0)`" }.joined(separator: " ")
            rows.append(["`\(words[2])`", type, shown, words[3]])
        }
        return """
            ## Metrics

            At `/metrics` of every role. Histograms have `_bucket`, `_sum` and `_count`.

            \(table(["metric", "type", "labels", "what it says"], rows))
            """
    }

    /// Each kind with its fields, by the comments on the types.
    private static func records(_ folder: URL) throws -> String {
        var parts = [
            """
            ## Control records

            JSON under the key `kind:id`, times in ISO 8601 UTC with milliseconds. Each record is the whole present state, so that
            compaction loses nothing; fields and kinds of newer versions are kept.
            """
        ]
        for kind in ControlKey.Kind.allCases {
            let type = kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() + "Record"
            let text = try String(contentsOf: folder.appending(path: "\(type).swift"), encoding: .utf8)
            var rows: [[String]] = []
            var comment: [String] = []
            for line in text.split(separator: "\n").map(String.init) {
                if line.hasPrefix("    ///") {
                    comment.append(line.dropFirst(7).trimmingPrefix(" ").description)
                } else {
                    let words = line.split(separator: " ").map(String.init)
                    let isField = line.hasPrefix("    public var ") || line.hasPrefix("    public let ")
                    // The key is made of other fields.
                    if isField, !line.hasSuffix("{"), !line.contains("{ "),
                        !["unknown", "unknown:", "key:"].contains(words[2])
                    {
                        rows.append([
                            "`\(words[2].filter { $0 != ":" })`", comment.prefix { !$0.isEmpty }.joined(separator: " "),
                        ])
                    }
                    comment = []
                }
            }
            guard !rows.isEmpty else { throw Missing(kind: kind) }
            parts.append("### `\(kind.rawValue)`\n\n" + table(["field", "what it says"], rows))
        }
        return parts.joined(separator: "\n\n")
    }

    struct Missing: Error {
        var kind: ControlKey.Kind
    }

    private static var exitCodes: String {
        let codes: [ProcessExit] = [
            .done, .findings, .usage, .kafkaUnreachable, .defect, .unacknowledged, .configuration,
        ]
        let rows = codes.map { code -> [String] in
            let meaning =
                switch code {
                case .done: "done"
                case .findings: "`topics check` or `demo` found something"
                case .usage: "usage: an option that there is not, or a value that it cannot have"
                case .kafkaUnreachable:
                    "Kafka cannot be reached at start after a bounded time (a bridge goes on trying): start it again later"
                case .defect: "a defect of decahose: report it"
                case .unacknowledged:
                    "stopped at the time-out with records unacknowledged; their time is a gap until it is recovered"
                case .configuration:
                    "configuration: a setting, missing topics or rights, another partition count, a twin of the same name, a set "
                        + "of dedup that cannot be restored. Starting again does not help"
                }
            return ["\(code.rawValue)", meaning]
        }
        return "## Exit codes\n\n" + table(["code", "meaning"], rows)
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
