public import Tweets

/// What the simulated world is like; together with nothing else it decides every Tweet, delete and latency.
public struct WorldOptions: Sendable {
    /// The source of everything drawn.
    public var seed: UInt64 = 1
    /// The product whose Tweets exist.
    public var product = StreamProduct.sample10
    /// Nothing exists before it.
    public var start = Instant(milliseconds: 0)
    /// Tweets a second over all of the product's stream partitions, on average.
    public var rate = 100.0
    /// Bursts beyond the average; none where nil.
    public var burst: Burst?
    /// Multiplies every latency; at 1 the 99th percentile is 6 s and the tail ends at 110 s.
    public var latencyScale = 1.0
    /// The share of copies that one connection gets twice, 0–1.
    public var duplicateShare = 0.001
    /// The share of Tweets that are deleted, 0–1.
    public var deleteShare = 0.02
    /// The mean time from a Tweet's creation to its delete; the longest is five times as much.
    public var deleteDelay = Duration.seconds(60)
    /// The share of Tweets that are a new version of an older one, 0–1.
    public var editShare = 0.005
    /// The share of Tweets that cause a compliance event other than a delete, 0–1.
    public var eventShare = 0.002

    /// A world as in life, at a tenth of the volume.
    public init() {}

    /// Seconds of higher volume that come back regularly.
    public struct Burst: Sendable {
        /// Seconds from the start of one to the start of the next, at least 1.
        public var everySeconds: Int64
        /// How many seconds one lasts.
        public var lastsSeconds: Int64
        /// How many times the average volume flows in it.
        public var factor: Double

        /// A burst from its parts.
        public init(everySeconds: Int64, lastsSeconds: Int64, factor: Double) {
            precondition(everySeconds >= 1, "bursts every \(everySeconds) s")
            self.everySeconds = everySeconds
            self.lastsSeconds = lastsSeconds
            self.factor = factor
        }
    }
}
