public import Tweets

/// One thing that goes wrong: what, whom it hits, and from when to when.
public struct Fault: Sendable, Codable {
    /// Its name in the list; given by the plan where nil.
    public var id: String?
    /// What goes wrong.
    public var kind: FaultKind
    /// The connection that it hits, by number or by name; any where nil.
    public var connection: String?
    /// Which redundant copy of a stream partition it hits, from 0 in the order of connecting; any where nil.
    public var place: Int?
    /// The stream partition that it hits, from 1; any where nil.
    public var partition: Int?
    /// Which kind of stream it hits; any where nil.
    public var role: StreamRole?
    /// Seconds from the request that sets it until it begins.
    public var after: Double?
    /// How many seconds it lasts; without end where nil, and then a fault of a moment hits only older connections.
    public var duration: Double?
    /// How often it strikes at most; without limit where nil, but once for `status`.
    public var count: Int?
    /// `status`: the HTTP status.
    public var status: Int?
    /// `status`: the header `Retry-After` in seconds.
    public var retryAfter: Int?
    /// A share, 0–1; what of is said by the kind.
    public var share: Double?
    /// `slow`: bytes a second.
    public var bytesPerSecond: Int?
    /// A number of seconds; of what is said by the kind.
    public var seconds: Double?
    /// `lag`: over how many seconds it grows; at once where nil.
    public var ramp: Double?
    /// `message`: which one.
    public var message: FaultMessage?
    /// `full-buffer`: whether the message that explains it gets through.
    public var withMessage: Bool?
    /// `junk`: which lines; all kinds where nil.
    public var junk: [JunkKind]?
    /// `backfill`, `recovery`: how.
    public var mode: FaultMode?

    /// When it begins; set by the plan.
    public var begins: Instant?
    /// How often it struck: connections, requests, or Tweets for `withhold` and `thin`.
    public var fired: Int?

    /// A fault that hits everything from now on; narrow it by its properties.
    public init(_ kind: FaultKind) {
        self.kind = kind
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case kind
        case connection
        case place
        case partition
        case role
        case after
        case duration
        case count
        case status
        case retryAfter = "retry_after"
        case share
        case bytesPerSecond = "bytes_per_second"
        case seconds
        case ramp
        case message
        case withMessage = "with_message"
        case junk
        case mode
        case begins
        case fired
    }
}

/// What a stream is for.
public enum StreamRole: String, CaseIterable, Sendable, Codable {
    /// Tweets as they come.
    case live
    /// A Replay or a v2 recovery.
    case recovery
    /// Deletes and other compliance events.
    case compliance
}

/// The connection or request that a fault may hit.
public struct FaultTarget: Sendable, Hashable {
    /// The connection's number.
    public var connection: Int
    /// The connection's name where it told one.
    public var name: String?
    /// The stream partition, from 1; 0 where the stream covers all.
    public var partition: Int
    /// The place among the redundant copies, from 0; nil as long as none is taken.
    public var place: Int?
    /// What the stream is for.
    public var role: StreamRole
    /// When the request came.
    public var opened: Instant

    /// A target from its parts.
    public init(connection: Int, name: String?, partition: Int, role: StreamRole, opened: Instant) {
        self.connection = connection
        self.name = name
        self.partition = partition
        self.role = role
        self.opened = opened
    }
}
