public import Tweets

/// By what a coordinator judges and plans.
public struct CoordinatorOptions: Hashable, Sendable {
    /// What the upstream allows.
    public var limits: DialectLimits
    /// The spans of time that follow from the delivery slack.
    public var timing: LedgerTiming
    /// How many jobs may run at once, where the upstream allows more.
    public var concurrentJobsMax: Int

    /// Options from their parts.
    public init(limits: DialectLimits, timing: LedgerTiming, concurrentJobsMax: Int) {
        self.limits = limits
        self.timing = timing
        self.concurrentJobsMax = concurrentJobsMax
    }

    /// How much settled history is folded at a time: a ledger record is long, and need not be written every hour.
    public var foldStep: Duration = .seconds(6 * 3600)
    /// By how much history is older than the recovery window when it is folded.
    public var foldMargin: Duration = LedgerFolding.margin

    /// How often the state of a running job is saved: what is lost at a kill is asked for again.
    public var jobSaveInterval: Duration { min(.seconds(5), timing.slack / 4) }
}

/// A request that is to be made for a job.
public struct JobRequest: Hashable, Sendable {
    /// The job's ID.
    public var job: String
    /// The product.
    public var product: StreamProduct
    /// The stream partition; nil where one request carries all of them.
    public var partition: Int?
    /// What to ask for, as the dialect wants it.
    public var range: EventInterval

    /// A request from its parts.
    public init(job: String, product: StreamProduct, partition: Int?, range: EventInterval) {
        self.job = job
        self.product = product
        self.partition = partition
        self.range = range
    }
}

/// What a coordinator is to do after one look: first all writes, in one transaction, and only then the requests.
public struct CoordinatorTurn: Sendable {
    /// Records to be written to control.
    public var writes: [ControlRecord] = []
    /// Records to be removed from control.
    public var removals: [ControlKey] = []
    /// Requests to be made.
    public var requests: [JobRequest] = []

    /// Nothing to do.
    public init() {}
}

/// What a coordinator is told of Kafka for one look.
public struct CoordinatorSurroundings: Sendable {
    /// The end offsets of raw by Kafka partition, asked for after the last session record was read; empty if unknown.
    public var rawEnds: [Int: Int64]
    /// What is known of the dedup group's committed offsets.
    public var committed: Committed

    /// What is known of the dedup group's committed offsets of raw.
    public enum Committed: Hashable, Sendable {
        /// They were not asked for in this turn.
        case notAsked
        /// The cluster has none for this group.
        case none
        /// The next offset to read, by Kafka partition.
        case offsets([Int: Int64])
    }

    /// Surroundings from their parts.
    public init(rawEnds: [Int: Int64] = [:], committed: Committed = .notAsked) {
        self.rawEnds = rawEnds
        self.committed = committed
    }
}
