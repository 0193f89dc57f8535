/// What the demonstration is played with.
public struct DemoOptions: Sendable {
    /// About how long, in seconds; at least ``DemoTimetable/secondsMin``.
    public var seconds: Int
    /// Tweets a second of the simulated upstream, all stream partitions together.
    public var rate: Int
    /// The seed of the simulated upstream.
    public var seed: UInt64
    /// Real payload lines as templates.
    public var corpus: String?
    /// A real Kafka instead of the mock cluster.
    public var brokers: String?
    /// Replicas of the topics on a real Kafka.
    public var replicationFactor: Int
    /// Kafka partitions of raw, tweets and seen.
    public var partitions: Int
    /// Where the processes' output goes and stays.
    public var folder: String
    /// Whether a picture is drawn over itself, or lines are told.
    public var isLive: Bool
    /// Asked often; true ends the demonstration.
    public var isStopped: @Sendable () -> Bool

    /// Options from their parts.
    public init(
        seconds: Int,
        rate: Int,
        seed: UInt64,
        corpus: String?,
        brokers: String?,
        replicationFactor: Int,
        partitions: Int,
        folder: String,
        isLive: Bool,
        isStopped: @escaping @Sendable () -> Bool
    ) {
        self.seconds = seconds
        self.rate = rate
        self.seed = seed
        self.corpus = corpus
        self.brokers = brokers
        self.replicationFactor = replicationFactor
        self.partitions = partitions
        self.folder = folder
        self.isLive = isLive
        self.isStopped = isStopped
    }
}
