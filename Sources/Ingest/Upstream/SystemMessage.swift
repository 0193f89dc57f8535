public import Tweets

/// What the upstream says about the stream itself, in the words of either generation.
public enum SystemMessage: Hashable, Sendable {
    /// A Replay or recovery delivered everything that was asked.
    case recoveryCompleted(activityCount: Int64?)
    /// It delivered all but these minutes, which must be asked for again.
    case recoveryIncomplete(minutesFailed: [Instant])
    /// It gave up; what is left must be asked for again, all of it where no range is named.
    case recoveryFailed(unprocessed: EventInterval?)
    /// Another connection took the place; the server closes.
    case tooManyConnections(String)
    /// The client read too slowly and data was lost; the server closes.
    case fullBuffer(String)
    /// A deploy or the like; the server closes, and the client should come back at once.
    case operationalDisconnect(String)
    /// An error of another kind; the server closes.
    case disconnect(String)
    /// Anything else, for the log.
    case notice(String)

    /// The longest message that is read, in bytes; a longer one is a notice by its kind alone.
    public static let bytesMax = 64 << 10

    /// Reads a line that the scanner called a notice.
    public init(_ line: UnsafeRawBufferPointer, kind: NoticeKind) {
        guard line.count <= Self.bytesMax, let value = JSONReader.read(line), let root = value.object else {
            self = .notice("\(kind.rawValue) of \(line.count) bytes")
            return
        }
        switch kind {
        case .info: self = Self.info(root["info"]) ?? .notice(Self.excerpt(line))
        case .error: self = .error(root["error"]?.object?["message"]?.string ?? Self.excerpt(line))
        case .problem: self = .problem(root, excerpt: Self.excerpt(line))
        case .disconnect:
            self = .error(root["disconnect"]?.object?["reason"]?.string ?? Self.excerpt(line))
        case .warning, .limit: self = .notice(Self.excerpt(line))
        }
    }

    /// Whether the server closes the connection after it.
    public var closesConnection: Bool {
        switch self {
        case .tooManyConnections, .fullBuffer, .operationalDisconnect, .disconnect: true
        case .recoveryCompleted, .recoveryIncomplete, .recoveryFailed, .notice: false
        }
    }

    private static func info(_ value: JSONValue?) -> SystemMessage? {
        guard let info = value?.object, let message = info["message"]?.string else { return nil }
        if contains(message, "completed with errors") {
            let minutes = info["minutes_failed"]?.array?.compactMap { $0.string.flatMap { instant($0) } }
            return .recoveryIncomplete(minutesFailed: minutes ?? [])
        }
        if contains(message, "failed to complete") {
            let range = info["unprocessed_range"]?.object
            guard let from = range?["fromDate"]?.string.flatMap({ instant($0) }),
                let to = range?["toDate"]?.string.flatMap({ instant($0) })
            else { return .recoveryFailed(unprocessed: nil) }
            return .recoveryFailed(unprocessed: EventInterval(from: from, to: to))
        }
        if contains(message, "request completed") {
            return .recoveryCompleted(activityCount: info["activity_count"]?.integer)
        }
        return .notice(String(message.prefix(200)))
    }

    /// The gnip form of an error, told by its words.
    private static func error(_ message: String) -> SystemMessage {
        let text = String(message.prefix(300))
        if contains(message, "too many connections") { return .tooManyConnections(text) }
        if contains(message, "maximum allowed backup") || contains(message, "buffer size") {
            return .fullBuffer(text)
        }
        if contains(message, "operational") { return .operationalDisconnect(text) }
        return .disconnect(text)
    }

    private static func problem(_ root: [String: JSONValue], excerpt: String) -> SystemMessage {
        let first = root["errors"]?.array?.first?.object ?? root
        func field(_ name: String) -> String { (first[name] ?? root[name])?.string ?? "" }
        let issue = field("connection_issue")
        let type = field("disconnect_type")
        if contains(issue, "toomanyconnections") { return .tooManyConnections(excerpt) }
        if contains(type, "operational") || contains(field("title"), "operational") {
            return .operationalDisconnect(excerpt)
        }
        if contains(type + field("detail"), "buffer") { return .fullBuffer(excerpt) }
        return .disconnect(excerpt)
    }

    /// Reads either form that the documentation shows for times: ISO 8601, or `YYYYMMDDHHMM`.
    private static func instant(_ text: String) -> Instant? {
        if let instant = Instant(text) { return instant }
        let digits = Array(text)
        guard digits.count == 12 else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return Instant("\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12))Z")
    }

    private static func excerpt(_ line: UnsafeRawBufferPointer) -> String {
        String(decoding: line.prefix(300), as: UTF8.self)
    }

    /// Whether `text` contains `words`, which are in lower case, in any case.
    private static func contains(_ text: String, _ words: String) -> Bool {
        let haystack = Array(text.lowercased().utf8)
        let needle = Array(words.utf8)
        guard haystack.count >= needle.count else { return false }
        return (0...(haystack.count - needle.count)).contains { haystack[$0...].starts(with: needle) }
    }
}
