public import Tweets

/// The disk that the topics of a plan will take at a given rate, all replicas together.
public struct DiskForecast: Equatable, Sendable {
    /// What flows in.
    public struct Load: Equatable, Sendable {
        /// Tweets a second, each counted once.
        public var tweetsPerSecond: Double
        /// Bytes of a Tweet's JSON.
        public var bytesPerTweet: Double
        /// How far a batch of Tweets shrinks by the producer's compression.
        public var compressionRatio: Double
        /// Redundant connections, each of which writes every Tweet.
        public var connections: Int

        /// A load from its parts.
        public init(tweetsPerSecond: Double, bytesPerTweet: Double, compressionRatio: Double, connections: Int) {
            self.tweetsPerSecond = tweetsPerSecond
            self.bytesPerTweet = bytesPerTweet
            self.compressionRatio = compressionRatio
            self.connections = connections
        }
    }

    /// Bytes of a record beside its value, compressed: key, header, offsets.
    static let recordOverheadBytes = 20.0
    /// Bytes of one ID in `seen`.
    static let seenBytesPerTweet = 6.0
    /// Sessions, gaps and jobs stay within this, whatever the rate.
    static let controlBytes = 100.0 * 1024 * 1024

    /// Bytes by topic name; topics that hold only exceptions are left out.
    public let bytesByTopic: [String: Double]

    /// All topics together.
    public var totalBytes: Double { bytesByTopic.values.reduce(0, +) }

    /// Forecasts a plan's disk.
    ///
    /// Raw counts with all copies, since compaction leaves a partition alone until half of it is dirty: an upper bound.
    /// The segment that waits for its retention is counted.
    public init(_ plan: TopicPlan, names: TopicNames, load: Load) {
        let bytesPerRecord = load.bytesPerTweet / load.compressionRatio + Self.recordOverheadBytes
        var bytes: [String: Double] = [:]
        for topic in plan.topics {
            let replicas = Double(topic.replicationFactor)
            let segment = topic.value(of: "segment.ms").flatMap(Double.init) ?? 0
            let seconds = (Double(topic.retention?.milliseconds ?? 0) + segment) / 1000
            let tweets = load.tweetsPerSecond * seconds * replicas
            switch topic.name {
            case names.raw: bytes[topic.name] = tweets * bytesPerRecord * Double(load.connections)
            case names.tweets: bytes[topic.name] = tweets * bytesPerRecord
            case names.seen: bytes[topic.name] = tweets * Self.seenBytesPerTweet
            case names.control: bytes[topic.name] = Self.controlBytes * replicas
            default: break
            }
        }
        bytesByTopic = bytes
    }
}
