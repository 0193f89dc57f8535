public import Tweets

/// The topics of one installation as correctness needs them: pure, the same for the same inputs.
public struct TopicPlan: Equatable, Sendable {
    /// The most that one record may hold, in bytes: the producers' `message.max.bytes` is the same.
    public static let recordBytesMax = 8 * 1024 * 1024
    /// How long dedup may be away before compaction of raw can take a first copy that it has not read.
    public static let rawCompactionLag: Duration = .seconds(12 * 3600)
    /// How long records are kept where nothing asks for more: Kafka's own default, a week.
    public static let retentionMin: Duration = .seconds(7 * 86400)
    /// Added to the dedup horizon wherever something must outlive it.
    public static let horizonMargin: Duration = .seconds(86400)

    /// All topics, in the order in which they are created.
    public let topics: [TopicSpecification]

    /// Plans the topics.
    ///
    /// - Parameters:
    ///   - names: Their names.
    ///   - partitionCount: Of every topic but control, at least 1.
    ///   - replicationFactor: At least 1.
    ///   - horizon: How far back in event time dedup remembers.
    ///   - retention: How long users want the Tweets kept; a week or the horizon and a day, whichever is longer, where
    ///     nil or less.
    ///   - limit: How the cluster names its limit on timestamps.
    public init(
        names: TopicNames,
        partitionCount: Int,
        replicationFactor: Int,
        horizon: Duration,
        retention: Duration? = nil,
        limit: TimestampLimit = .difference
    ) {
        precondition(partitionCount >= 1 && replicationFactor >= 1, "\(partitionCount) × \(replicationFactor)")
        let horizonRetention = horizon + Self.horizonMargin
        // tweets must reach back to the horizon too: `dedup rebuild` reads it where `seen` cannot serve.
        let kept = max(retention ?? .zero, Self.retentionMin, horizonRetention)
        // Small enough that retention and compaction, which spare the segment being written, act on time; large enough
        // that a week is some tens of files a partition.
        let segment: Duration = .seconds(6 * 3600)

        func topic(
            _ name: String,
            _ purpose: String,
            policy: String,
            retention: Duration?,
            segment: Duration,
            partitions: Int? = nil,
            _ extra: [TopicSpecification.Setting] = []
        ) -> TopicSpecification {
            var settings: [TopicSpecification.Setting] = [.init(name: "cleanup.policy", value: policy)]
            if let retention { settings.append(.init(name: "retention.ms", value: "\(retention.milliseconds)")) }
            settings += [
                .init(name: "segment.ms", value: "\(segment.milliseconds)"),
                .init(name: "min.insync.replicas", value: "\(max(1, replicationFactor - 1))"),
                .init(name: "unclean.leader.election.enable", value: "false"),
                .init(name: "max.message.bytes", value: "\(Self.recordBytesMax)"),
                .init(name: "message.timestamp.type", value: "CreateTime"),
            ]
            return TopicSpecification(
                name: name,
                purpose: purpose,
                partitionCount: partitions ?? partitionCount,
                replicationFactor: replicationFactor,
                retention: retention,
                settings: settings + limit.settings + extra
            )
        }

        /// A tombstone that vanished within the horizon would let a late copy of a deleted Tweet stay.
        let tombstones = TopicSpecification.Setting(
            name: "delete.retention.ms",
            value: "\(horizonRetention.milliseconds)"
        )
        topics = [
            topic(
                names.raw,
                "every copy of every Tweet",
                policy: "compact,delete",
                retention: kept,
                segment: segment,
                [
                    .init(name: "min.compaction.lag.ms", value: "\(Self.rawCompactionLag.milliseconds)"),
                    tombstones,
                ]
            ),
            topic(
                names.tweets,
                "one record a Tweet",
                policy: "compact,delete",
                retention: kept,
                segment: segment,
                [tombstones]
            ),
            topic(
                names.seen,
                "what dedup has emitted",
                policy: "delete",
                retention: horizonRetention,
                segment: segment
            ),
            topic(
                names.control,
                "sessions, gaps and jobs",
                policy: "compact",
                retention: nil,
                segment: .seconds(600),
                partitions: 1,
                // Sessions are written every second: cleaned early, the topic stays quick to read from its start.
                [.init(name: "min.cleanable.dirty.ratio", value: "0.1")]
            ),
            topic(
                names.late,
                "Tweets older than the horizon",
                policy: "compact,delete",
                retention: kept,
                segment: .seconds(86400),
                [tombstones]
            ),
            topic(
                names.deadletter,
                "what is no known message",
                policy: "delete",
                retention: kept,
                segment: .seconds(86400)
            ),
            topic(
                names.compliance,
                "other compliance events",
                policy: "delete",
                retention: kept,
                segment: .seconds(86400)
            ),
        ]
    }
}
