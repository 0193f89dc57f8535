public import Tweets

/// The life of one connection for one stream partition: when to connect, when it is dead, when to come back.
///
/// Events and time go in, what to do comes out; the shell owns the socket and the clock. One machine lives as long as
/// its connection's name does, over all its sessions.
public struct ConnectionStateMachine: Sendable {
    /// What the shell does next.
    public enum Action: Hashable, Sendable {
        /// Nothing until `wakeAt`.
        case none
        /// Make the request.
        case connect
        /// End the transfer; `ended` follows.
        case disconnect(SessionRecord.CloseReason)
    }

    /// Why the machine waits.
    public enum WaitReason: Hashable, Sendable {
        /// The policy says so.
        case backoff(ReconnectPolicy.Backoff, attempt: Int)
        /// The process has used its share of the request budget.
        case budget
    }

    /// What is to be recorded and said after a transfer ended.
    public struct Ending: Hashable, Sendable {
        /// Why the session ended; nil where none had been opened.
        public var reason: SessionRecord.CloseReason?
        /// The reason in a word, with the status where there was one: `http-503`, `tcp`, `heartbeat-timeout`.
        public var label: String
        /// The same for people.
        public var detail: String
        /// By which row of the policy it is judged.
        public var cause: ReconnectPolicy.Cause
        /// When the next request is due.
        public var retry: ReconnectPolicy.Decision
    }

    /// Where the connection stands.
    public enum State: Hashable, Sendable {
        /// Not started. → `waiting`, `stopped`
        case idle
        /// No request before `until`. → `connecting`, `stopped`
        case waiting(until: MonotonicInstant, WaitReason)
        /// The request is under way. → `streaming`, `waiting`, `closing`
        case connecting(since: MonotonicInstant)
        /// The answer had status 200. → `waiting`, `closing`
        case streaming(since: MonotonicInstant)
        /// We are ending the transfer. → `waiting`, `stopped`
        case closing(SessionRecord.CloseReason, streamingSince: MonotonicInstant?)
        /// Told to stop, and the transfer is over.
        case stopped
    }

    /// How long a connect may take until the head of the answer is there.
    public static let connectTimeout: Duration = .seconds(30)

    /// Where it stands.
    public private(set) var state: State = .idle

    let heartbeatTimeout: Duration
    let silenceTimeout: Duration?
    private var policy = ReconnectPolicy()
    private var stall: StallDetector?
    /// The last closing message of the server in this session.
    private(set) var farewell: SystemMessage?
    /// The server's request window is used up until then.
    private var windowFullUntil: MonotonicInstant?
    /// Whether what was last in the way is mended by other credentials.
    private var awaitsCredentials = false
    private var isStopping = false

    /// A connection that has not begun.
    ///
    /// - Parameters:
    ///   - heartbeatTimeout: How long nothing at all may come.
    ///   - silenceTimeout: How long no Tweet may come; nil for a product without Tweets.
    public init(heartbeatTimeout: Duration, silenceTimeout: Duration?) {
        self.heartbeatTimeout = heartbeatTimeout
        self.silenceTimeout = silenceTimeout
    }

    /// Lets time pass.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - budget: Where a request is taken from when one is due; it is shared by the connections of the process.
    public mutating func tick(now: MonotonicInstant, budget: inout RequestBudget) -> Action {
        switch state {
        case .idle:
            return connect(now: now, budget: &budget)
        case .waiting(let until, _):
            return now >= until ? connect(now: now, budget: &budget) : .none
        case .connecting(let since):
            guard now >= since + Self.connectTimeout else { return .none }
            state = .closing(.tcp, streamingSince: nil)
            return .disconnect(.tcp)
        case .streaming(let since):
            switch stall?.verdict(at: now) ?? .alive {
            case .alive: return .none
            case .heartbeatTimeout: return close(.heartbeatTimeout, since)
            case .dataSilence: return close(.dataSilence, since)
            }
        case .closing, .stopped:
            return .none
        }
    }

    /// When `tick` must be called again at the latest; nil where only an event can change anything.
    public var wakeAt: MonotonicInstant? {
        switch state {
        case .idle: nil
        case .waiting(let until, _): until
        case .connecting(let since): since + Self.connectTimeout
        case .streaming: stall?.deadline
        case .closing, .stopped: nil
        }
    }

    /// The head of an answer came.
    ///
    /// - Returns: Whether a session begins.
    public mutating func answered(_ answer: HTTPAnswer, now: MonotonicInstant) -> Bool {
        guard case .connecting = state else { return false }
        windowFullUntil = answer.rateLimitRemaining == 0 ? answer.rateLimitReset.map { now + $0 } : nil
        guard answer.isStream else { return false }
        state = .streaming(since: now)
        stall = StallDetector(heartbeatTimeout: heartbeatTimeout, silenceTimeout: silenceTimeout, now: now)
        farewell = nil
        return true
    }

    /// Bytes came, a heartbeat at least.
    public mutating func received(tweets: Int, now: MonotonicInstant) {
        if tweets > 0 { stall?.receivedTweet(at: now) } else { stall?.received(at: now) }
    }

    /// Reading had stopped because Kafka did not take what was read, and goes on.
    public mutating func resumed(now: MonotonicInstant) {
        stall?.resumed(at: now)
    }

    /// The upstream said something about the stream.
    public mutating func noticed(_ message: SystemMessage) {
        if message.closesConnection { farewell = message }
    }

    /// Other credentials are there than those that were refused or could not be read: they are tried now.
    public mutating func credentialsChanged(now: MonotonicInstant) {
        guard awaitsCredentials, case .waiting(let until, let reason) = state, until > now else { return }
        awaitsCredentials = false
        state = .waiting(until: now, reason)
    }

    /// Another bridge claims the connection's name, or the process stops.
    public mutating func stop(_ reason: SessionRecord.CloseReason) -> Action {
        isStopping = true
        switch state {
        case .idle, .waiting:
            state = .stopped
            return .none
        case .connecting:
            state = .closing(reason, streamingSince: nil)
            return .disconnect(reason)
        case .streaming(let since):
            return close(reason, since)
        case .closing, .stopped:
            return .none
        }
    }

    /// The transfer is over.
    public mutating func ended(_ end: TransferEnd, now: MonotonicInstant) -> Ending {
        let since: MonotonicInstant?
        let closing: SessionRecord.CloseReason?
        switch state {
        case .connecting: (since, closing) = (nil, nil)
        case .streaming(let start): (since, closing) = (start, nil)
        case .closing(let reason, let start): (since, closing) = (start, reason)
        case .idle, .waiting, .stopped: preconditionFailure("a transfer ended in state \(state)")
        }
        let cause = cause(of: end, since: since, now: now)
        var decision = policy.decide(cause, serverAsks: Self.serverAsks(end))
        if let windowFullUntil { decision.delay = max(decision.delay, windowFullUntil - now) }
        let reason = closing ?? self.reason(of: end)
        let ending = Ending(
            reason: since == nil ? nil : reason,
            label: Self.label(of: end, reason),
            detail: detail(of: end, closing),
            cause: cause,
            retry: decision
        )
        stall = nil
        farewell = nil
        awaitsCredentials = cause == .unauthorized || cause == .setup
        state =
            isStopping
            ? .stopped
            : .waiting(until: now + decision.delay, .backoff(decision.backoff, attempt: decision.attempt))
        return ending
    }

    private mutating func connect(now: MonotonicInstant, budget: inout RequestBudget) -> Action {
        if let later = budget.take(now: now) {
            state = .waiting(until: later, .budget)
            return .none
        }
        state = .connecting(since: now)
        return .connect
    }

    private mutating func close(_ reason: SessionRecord.CloseReason, _ since: MonotonicInstant) -> Action {
        state = .closing(reason, streamingSince: since)
        return .disconnect(reason)
    }
}
