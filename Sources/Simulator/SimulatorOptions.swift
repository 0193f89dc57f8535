public import Tweets
public import World

/// How the simulated upstream behaves towards its clients.
public struct SimulatorOptions: Sendable {
    /// How bytes are compressed.
    public enum Compression: String, CaseIterable, Sendable {
        /// `stream` for few Tweets a second, `spliced` for many.
        case auto
        /// One deflate stream with history, flushed where it hurts: as in life, at most about 20,000 Tweets/s.
        case stream
        /// Blocks deflated once and joined: valid gzip of about a third of the size, many times faster.
        case spliced
    }

    /// What happens.
    public var world = WorldOptions()
    /// The generation of the API that is spoken.
    public var dialect = StreamDialect.gnip
    /// How Tweets look; the dialect's own where nil.
    public var shape: TweetShape?
    /// Payload lines that are used as templates; generated ones where empty.
    public var corpus: [[UInt8]] = []
    /// How many templates are generated, about 5 KB each.
    public var templateCount = 256
    /// Where to listen.
    public var host = "127.0.0.1"
    /// Where to listen; 0 picks a free port.
    public var port = 0
    /// From one keep-alive to the next; the dialect's own where nil.
    public var heartbeat: Duration?

    /// `gnip`: the user.
    public var username = "decahose"
    /// `gnip`: the password.
    public var password = "decahose"
    /// `v2`: the token.
    public var bearerToken = "decahose"

    /// How many full copies of a stream partition are allowed.
    public var redundancy = 2
    /// How many stream partitions `compliance` has.
    public var compliancePartitions = StreamProduct.compliance.partitionCount
    /// Whether the Tweet stream carries deletes.
    public var deletesInStream = true
    /// How many connection requests are allowed in `requestWindow`; the dialect's own where nil, no limit for 0.
    public var requestLimit: Int?
    /// The time in which connection requests are counted; the dialect's own where nil.
    public var requestWindow: Duration?
    /// How many plain bytes may wait for a slow reader before its connection is closed; no limit for 0.
    public var bufferBytes = 256 << 20

    /// How many times faster than life a backfill flows; as fast as the client reads for 0.
    public var backfillSpeed = 20.0
    /// How many times faster than life a recovery flows; as fast as the client reads for 0.
    public var recoverySpeed = 0.0
    /// How old a recovery's time range may be; the dialect's own where nil.
    public var recoveryWindow: Duration?
    /// How old the end of a recovery's time range must be; the dialect's own where nil.
    public var recoveryMinAge: Duration?
    /// `v2`: how many recoveries may run at once.
    public var recoveryJobsMax = 2
    /// `gnip`: how many Replays may be asked for in `replayRequestWindow`; no limit for 0.
    public var replayRequestLimit = 5
    /// `gnip`: the time in which Replay requests are counted.
    public var replayRequestWindow = Duration.seconds(300)
    /// Whether a recovery still returns Tweets that were deleted before it was asked for.
    public var recoveryReturnsDeleted = true
    /// `v2`: whether a message says that a recovery is complete.
    public var completionMessage = true

    /// How bytes are compressed.
    public var compression = Compression.auto
    /// The mean time from the start of a gzip member to its end; one member for ever for 0.
    public var memberSeconds = 30.0
    /// How often the simulator looks at what is due.
    public var tick = Duration.milliseconds(10)

    /// As the documentation describes the upstream.
    public init() {}

    /// Whether Tweets are so many that only joined blocks can be written fast enough.
    var isSpliced: Bool {
        switch compression {
        case .stream: false
        case .spliced: true
        case .auto:
            world.rate * (world.burst?.factor ?? 1) / Double(world.product.partitionCount) > Self.streamRateMax
        }
    }

    /// Source: measured, a core deflates about 26,000 Tweets of 5.7 KB a second at level 1, and others need the core.
    static let streamRateMax = 3000.0
}

extension StreamDialect {
    /// Source: the upstream contract, "Two dialects".
    var heartbeat: Duration { self == .gnip ? .seconds(10) : .seconds(20) }

    /// Source: the upstream contract, "connection requests allowed".
    var requestBudget: (limit: Int, window: Duration) {
        self == .gnip ? (10, .seconds(60)) : (50, .seconds(15 * 60))
    }

    /// Source: the upstream contract, "recovery of longer gaps".
    var recoveryWindow: Duration { self == .gnip ? .seconds(5 * 86400) : .seconds(86400) }

    /// Source: the upstream contract for `gnip`; the documentation of the API v2 for `end_time`.
    var recoveryMinAge: Duration { self == .gnip ? .seconds(30 * 60) : .seconds(10) }

    var shape: TweetShape { self == .gnip ? .native : .v2 }
}
