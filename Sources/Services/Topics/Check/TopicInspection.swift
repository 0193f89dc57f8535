import Tweets

/// Compares a cluster with what correctness needs: pure, one finding a deviation.
struct TopicInspection {
    /// A development cluster may have one broker.
    static let replicationFactorMin = 3
    /// Records of tweets are stamped up to 5 minutes ahead of the time received; clocks differ by some more.
    static let aheadMin: Duration = .seconds(15 * 60)
    /// Dedup's time-outs of sessions and transactions.
    static let dedupTimeout: Duration = .seconds(10)

    let snapshot: ClusterSnapshot
    let names: TopicNames
    let horizon: Duration
    let isDevelopment: Bool
    private(set) var findings: [TopicFinding] = []

    private var kept: Duration { horizon + TopicPlan.horizonMargin }

    /// Inspects everything.
    ///
    /// - Parameters:
    ///   - snapshot: The cluster.
    ///   - names: The topics.
    ///   - horizon: How far back in event time dedup remembers.
    ///   - isDevelopment: Whether replication does not matter.
    static func findings(
        in snapshot: ClusterSnapshot,
        names: TopicNames,
        horizon: Duration,
        isDevelopment: Bool
    ) -> [TopicFinding] {
        var inspection = TopicInspection(
            snapshot: snapshot,
            names: names,
            horizon: horizon,
            isDevelopment: isDevelopment
        )
        inspection.inspect()
        return inspection.findings
    }

    private mutating func inspect() {
        inspectPresence()
        inspectPartitions()
        for name in names.all {
            guard let topic = snapshot.topics[name] else { continue }
            inspectDurability(name, topic)
            inspectRetention(name, topic)
            inspectCompaction(name, topic)
            inspectRefusals(name, topic)
        }
        inspectBroker()
        inspectChangelog()
    }

    private mutating func inspectPresence() {
        for name in names.all where snapshot.topics[name] == nil {
            guard let refusal = snapshot.refusals[name] else {
                let advice = "decahose topics create; where it exists, this user may not see it: topics acls check"
                add(.missing, name, "does not exist", "no role starts without it", advice)
                continue
            }
            let advice = "grant what is needed: decahose topics acls check"
            add(.missing, name, refusal, "nothing about it can be compared", advice)
        }
    }

    private mutating func inspectPartitions() {
        let counts = names.copartitioned.compactMap { name in
            snapshot.topics[name].map { (name: name, count: $0.partitionCount) }
        }
        if Set(counts.map(\.count)).count > 1 {
            add(
                .partitions,
                "\(names.prefix).*",
                counts.map { "\($0.name) has \($0.count) partitions" }.joined(separator: ", "),
                "dedup writes to the number that it reads from",
                "use a new topics.prefix and decahose topics create"
            )
        }
        if let control = snapshot.topics[names.control], control.partitionCount != 1 {
            add(
                .partitions,
                names.control,
                "has \(control.partitionCount) partitions, needs 1",
                "its owner leads the coordinators",
                "use a new topics.prefix and decahose topics create"
            )
        }
        guard let found = snapshot.topics[names.raw]?.partitionCount else { return }
        for recorded in Set(snapshot.recordedPartitionCounts) where recorded != found {
            add(
                .partitions,
                names.raw,
                "has \(found) partitions, \(recorded) are on record",
                "the second copy of a Tweet goes elsewhere and is not recognised",
                "use a new topics.prefix and replay; every role refuses to start"
            )
        }
    }

    private mutating func inspectDurability(_ name: String, _ topic: ClusterSnapshot.Topic) {
        let factor = topic.replicationFactor
        if !isDevelopment, factor < Self.replicationFactorMin {
            add(
                .durability,
                name,
                "has \(factor) replica\(factor == 1 ? "" : "s"), needs \(Self.replicationFactorMin)",
                "acknowledged records are lost with a disk, or writing stops with a broker",
                "kafka-reassign-partitions.sh (or --development, where that does not matter)"
            )
        }
        if let inSync = number(topic, "min.insync.replicas") {
            // Of fewer replicas two cannot be demanded without stopping writes; that they are few is said above.
            if !isDevelopment, factor >= Self.replicationFactorMin, inSync < 2 {
                add(
                    .durability,
                    name,
                    "min.insync.replicas is \(inSync), needs 2",
                    "a record counts as acknowledged that only one broker has",
                    alter(name, "min.insync.replicas", "2")
                )
            }
            if factor > 1, inSync >= factor {
                add(
                    .durability,
                    name,
                    "min.insync.replicas is \(inSync) of \(factor) replicas",
                    "writing stops as soon as one broker is away",
                    alter(name, "min.insync.replicas", "\(factor - 1)")
                )
            }
        }
        if topic.settings["unclean.leader.election.enable"] == "true" {
            add(
                .durability,
                name,
                "unclean.leader.election.enable is true",
                "a replica that lags may lead and drop acknowledged records",
                alter(name, "unclean.leader.election.enable", "false")
            )
        }
    }

    private mutating func inspectRetention(_ name: String, _ topic: ClusterSnapshot.Topic) {
        let policies: [String: Set<Substring>] = [
            names.raw: ["compact", "delete"], names.tweets: ["compact", "delete"], names.seen: ["delete"],
            names.control: ["compact"], names.late: ["compact", "delete"], names.deadletter: ["delete"],
            names.compliance: ["delete"],
        ]
        if let text = topic.settings["cleanup.policy"], let needed = policies[name],
            Set(text.split(separator: ",")) != needed
        {
            let wanted = needed.sorted().joined(separator: ",")
            add(
                .retention,
                name,
                "cleanup.policy is \(text), needs \(wanted)",
                needed.contains("compact")
                    ? "what was deleted or replaced must vanish" : "records without a key cannot be compacted",
                alter(name, "cleanup.policy", "[\(wanted)]")
            )
        }
        guard [names.raw, names.tweets, names.seen].contains(name) else { return }
        let why =
            name == names.seen
            ? "dedup could not restore its set, and Tweets would come out twice"
            : "records vanish before they are read, or before dedup's set can be rebuilt from them"
        if let milliseconds = number(topic, "retention.ms"), milliseconds >= 0, milliseconds < kept.milliseconds {
            add(
                .retention,
                name,
                "retention.ms is \(describe(milliseconds)), needs the horizon and a day, \(describe(kept.milliseconds))",
                why,
                alter(name, "retention.ms", "\(kept.milliseconds)")
            )
        }
        if let bytes = number(topic, "retention.bytes"), bytes >= 0 {
            add(
                .retention,
                name,
                "retention.bytes is \(bytes), needs -1",
                "with much traffic " + why,
                alter(name, "retention.bytes", "-1")
            )
        }
    }

    private mutating func inspectCompaction(_ name: String, _ topic: ClusterSnapshot.Topic) {
        if [names.raw, names.tweets, names.late].contains(name),
            let milliseconds = number(topic, "delete.retention.ms"), milliseconds < horizon.milliseconds
        {
            add(
                .compaction,
                name,
                "delete.retention.ms is \(describe(milliseconds)), needs the horizon, \(describe(horizon.milliseconds))",
                "a reader that was away misses a delete and keeps the Tweet",
                alter(name, "delete.retention.ms", "\(kept.milliseconds)")
            )
        }
        if name == names.control, let milliseconds = number(topic, "segment.ms"), milliseconds > 3_600_000 {
            add(
                .compaction,
                name,
                "segment.ms is \(describe(milliseconds)), needs at most 1h",
                "the topic grows by a record a second and connection, and every start reads all of it",
                alter(name, "segment.ms", "600000")
            )
        }
        guard name == names.raw, let milliseconds = number(topic, "min.compaction.lag.ms") else { return }
        let needed = TopicPlan.rawCompactionLag.milliseconds
        if milliseconds < needed {
            add(
                .compaction,
                name,
                "min.compaction.lag.ms is \(describe(milliseconds)), needs \(describe(needed))",
                "it is the longest outage of dedup that loses nothing",
                alter(name, "min.compaction.lag.ms", "\(needed)")
            )
        }
        if let lag = snapshot.dedupLag, lag.milliseconds > milliseconds / 2 {
            add(
                .compaction,
                name,
                "dedup is \(describe(lag.milliseconds)) behind, more than half of min.compaction.lag.ms, "
                    + describe(milliseconds),
                "compaction may take the first copy of a Tweet before dedup has read it",
                alter(name, "min.compaction.lag.ms", "\(max(needed, 4 * lag.milliseconds))")
                    + ", then find out why dedup lags"
            )
        }
    }

    private mutating func inspectRefusals(_ name: String, _ topic: ClusterSnapshot.Topic) {
        if let bytes = number(topic, "max.message.bytes"), bytes < TopicPlan.recordBytesMax {
            add(
                .refusal,
                name,
                "max.message.bytes is \(bytes), needs \(TopicPlan.recordBytesMax)",
                "large records, and batches of them, are refused",
                alter(name, "max.message.bytes", "\(TopicPlan.recordBytesMax)")
            )
        }
        if let type = topic.settings["message.timestamp.type"], type != "CreateTime" {
            add(
                .refusal,
                name,
                "message.timestamp.type is \(type), needs CreateTime",
                "tweets carry the time of creation and raw the time received; the broker's would replace them",
                alter(name, "message.timestamp.type", "CreateTime")
            )
        }
        guard [names.raw, names.tweets].contains(name) else { return }
        let why = "one record outside of it fails its whole batch"
        for (setting, needed) in [("before", horizon), ("after", Self.aheadMin)] {
            guard let (name: limitName, milliseconds: limit) = timestampLimit(topic, setting),
                limit < needed.milliseconds
            else { continue }
            add(
                .refusal,
                name,
                "\(limitName) is \(describe(limit)), needs \(describe(needed.milliseconds)) or more",
                why,
                alter(name, limitName, "\(Int64.max)")
            )
        }
    }

    /// The limit in force on one side; from 3.6 on the old name counts only where the new one is unlimited.
    private func timestampLimit(
        _ topic: ClusterSnapshot.Topic,
        _ side: String
    ) -> (name: String, milliseconds: Int64)? {
        let (old, new) = ("message.timestamp.difference.max.ms", "message.timestamp.\(side).max.ms")
        if let limit = number(topic, new), limit != .max { return (new, limit) }
        return number(topic, old).map { (old, $0) }
    }

    private mutating func inspectBroker() {
        let settings = snapshot.brokerSettings.compactMapValues { Int64($0) }
        let horizonMinutes = horizon.milliseconds / 60000
        if let minutes = settings["offsets.retention.minutes"], minutes < horizonMinutes {
            add(
                .limits,
                "brokers",
                "offsets.retention.minutes is \(minutes), needs the horizon, \(horizonMinutes)",
                "after a long stop dedup's committed offsets are gone and it refuses to start",
                "set it in every broker's server.properties and restart them one by one"
            )
        }
        let timeout = Self.dedupTimeout.milliseconds
        let limits: [(String, Bool)] = [
            ("transaction.max.timeout.ms", (settings["transaction.max.timeout.ms"] ?? timeout) < timeout),
            ("group.max.session.timeout.ms", (settings["group.max.session.timeout.ms"] ?? timeout) < timeout),
            ("group.min.session.timeout.ms", (settings["group.min.session.timeout.ms"] ?? timeout) > timeout),
        ]
        for (name, isBroken) in limits where isBroken {
            add(
                .limits,
                "brokers",
                "\(name) is \(settings[name] ?? 0), dedup uses \(timeout)",
                "dedup cannot join its group or begin a transaction",
                "set it in every broker's server.properties and restart them one by one"
            )
        }
    }

    private mutating func inspectChangelog() {
        for log in snapshot.changelog {
            guard let committed = log.committed, committed > 0 else { continue }
            // Ahead of the offsets is harmless: what is read again is dropped as seen.
            if let newest = log.newest, newest >= committed { continue }
            let subject = "\(names.seen) [\(log.partition)]"
            let what =
                log.newest.map { "ends at raw offset \($0), but dedup has committed \(committed)" }
                ?? "is empty, but dedup has committed raw offset \(committed)"
            add(
                .changelog,
                subject,
                what,
                "dedup cannot restore this partition's set and stops it",
                "decahose dedup rebuild"
            )
        }
    }

    private mutating func add(
        _ kind: TopicFinding.Kind,
        _ subject: String,
        _ what: String,
        _ why: String,
        _ run: String
    ) {
        findings.append(TopicFinding(kind: kind, subject: subject, what: what, why: why, run: run))
    }

    private func number(_ topic: ClusterSnapshot.Topic, _ setting: String) -> Int64? {
        topic.settings[setting].flatMap { Int64($0) }
    }

    private func alter(_ topic: String, _ setting: String, _ value: String) -> String {
        "kafka-configs.sh --bootstrap-server \(snapshot.bootstrapServers) --alter --entity-type topics "
            + "--entity-name \(topic) --add-config '\(setting)=\(value)'"
    }

    /// A time as operators write it.
    private func describe(_ milliseconds: Int64) -> String {
        if milliseconds == .max { return "unlimited" }
        for (unit, size) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("min", 60000), ("s", 1000)]
        where milliseconds >= size && milliseconds % size == 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return milliseconds >= 120_000 ? "\(milliseconds / 60000)min" : "\(milliseconds)ms"
    }
}
