public import Tweets

/// The faults that are set, and what they do to whom at which moment; each counts how often it struck.
public struct FaultPlan: Sendable {
    /// The faults, in the order in which they were set.
    public private(set) var faults: [Fault] = []

    private var named = 0
    /// Which connections a fault has struck, by the fault's name.
    private var struck: [String: Set<Int>] = [:]

    /// Nothing goes wrong.
    public init() {}

    /// Sets a fault.
    ///
    /// - Returns: The fault with its name and the time at which it begins.
    @discardableResult
    public mutating func add(_ fault: Fault, at now: Instant) -> Fault {
        var fault = fault
        named += 1
        fault.id = fault.id ?? "f\(named)"
        fault.begins = now + .seconds(fault.after ?? 0)
        fault.fired = 0
        faults.removeAll { $0.id == fault.id }
        struck[fault.id ?? ""] = nil
        faults.append(fault)
        return fault
    }

    /// Takes a fault away.
    ///
    /// - Returns: Whether there was one of that name.
    public mutating func remove(_ id: String) -> Bool {
        let before = faults.count
        faults.removeAll { $0.id == id }
        return faults.count < before
    }

    /// Takes all faults away.
    public mutating func removeAll() {
        faults.removeAll()
    }

    /// Counts what a fault did to Tweets.
    public mutating func count(_ tweets: Int, for id: String) {
        guard let index = faults.firstIndex(where: { $0.id == id }) else { return }
        faults[index].fired = (faults[index].fired ?? 0) + tweets
    }

    /// What the faults do to a connection now; strikes come once for each fault and connection.
    public mutating func effects(on target: FaultTarget, at now: Instant) -> FaultEffects {
        var effects = FaultEffects()
        for index in faults.indices where faults[index].hits(target, at: now) {
            let fault = faults[index]
            switch fault.kind {
            case .stall:
                if strikeOnce(index, target) { effects.stalls = true }
            case .silence:
                if strikeOnce(index, target) { effects.silences = true }
            case .slow:
                guard strikeOnce(index, target) else { continue }
                effects.bytesPerSecond = min(effects.bytesPerSecond ?? .max, max(1, fault.bytesPerSecond ?? 10000))
            case .lag:
                if strikeOnce(index, target) { effects.lag = max(effects.lag, fault.lag(at: now)) }
            case .withhold:
                effects.withholds.append(
                    Withholding(fault: fault.id ?? "", share: fault.share ?? 0.1, salt: fault.salt)
                )
            case .drop, .message, .fullBuffer, .truncatedGzip, .junk:
                guard fault.isMomentary(for: target), let strike = fault.strike,
                    !(struck[fault.id ?? ""]?.contains(target.connection) ?? false), strikeOnce(index, target)
                else { continue }
                effects.strikes.append(strike)
            case .status, .backfill, .recovery:
                break
            }
        }
        return effects
    }

    /// The HTTP status that a fault answers a request with; nil where none does.
    public mutating func status(for target: FaultTarget, at now: Instant) -> (status: Int, retryAfter: Int?)? {
        guard let index = faults.firstIndex(where: { $0.kind == .status && $0.hits(target, at: now) && $0.hasStrikes })
        else { return nil }
        faults[index].fired = (faults[index].fired ?? 0) + 1
        return (faults[index].status ?? 503, faults[index].retryAfter)
    }

    /// What a fault makes of the backfill that a request asks for; nil where none does.
    public mutating func backfill(for target: FaultTarget, at now: Instant) -> BackfillFault? {
        guard
            let index = faults.firstIndex(where: { $0.kind == .backfill && $0.hits(target, at: now) && $0.hasStrikes })
        else { return nil }
        let fault = faults[index]
        faults[index].fired = (fault.fired ?? 0) + 1
        return BackfillFault(
            fault: fault.id ?? "",
            mode: fault.mode ?? .ignored,
            seconds: fault.seconds ?? 30,
            share: fault.share ?? (fault.mode == .thin ? 0.3 : 0.5),
            salt: fault.salt
        )
    }

    /// What a fault makes of a recovery request; nil where none does.
    public mutating func recovery(for target: FaultTarget, at now: Instant) -> RecoveryFault? {
        guard
            let index = faults.firstIndex(where: { $0.kind == .recovery && $0.hits(target, at: now) && $0.hasStrikes })
        else { return nil }
        let fault = faults[index]
        faults[index].fired = (fault.fired ?? 0) + 1
        return RecoveryFault(
            mode: fault.mode ?? .fail,
            share: fault.share ?? 0.5,
            minutes: max(1, Int((fault.seconds ?? 60) / 60))
        )
    }

    /// Counts a connection once for a fault.
    ///
    /// - Returns: Whether the fault acts on the connection: it does unless it has struck as often as it may.
    private mutating func strikeOnce(_ index: Int, _ target: FaultTarget) -> Bool {
        let id = faults[index].id ?? ""
        if struck[id]?.contains(target.connection) ?? false { return true }
        guard faults[index].count.map({ (faults[index].fired ?? 0) < $0 }) ?? true else { return false }
        struck[id, default: []].insert(target.connection)
        faults[index].fired = (faults[index].fired ?? 0) + 1
        return true
    }
}

extension Fault {
    /// Whether the fault is in force now and aims at the target.
    fileprivate func hits(_ target: FaultTarget, at now: Instant) -> Bool {
        guard let begins, begins <= now else { return false }
        if let duration, now >= begins + .seconds(duration) { return false }
        if let connection, connection != String(target.connection), connection != target.name { return false }
        if let place, place != target.place { return false }
        if let partition, target.partition != 0, partition != target.partition { return false }
        if let role, role != target.role { return false }
        return true
    }

    /// Without a duration a fault of a moment hits the connections that were open when it began.
    fileprivate func isMomentary(for target: FaultTarget) -> Bool {
        duration != nil || target.opened <= (begins ?? target.opened)
    }

    /// Whether a fault of requests may strike again.
    fileprivate var hasStrikes: Bool {
        let limit = count ?? (kind == .status && duration == nil ? 1 : Int.max)
        return (fired ?? 0) < limit
    }

    fileprivate var strike: FaultStrike? {
        switch kind {
        case .drop: .drop
        case .message: .message(message ?? .operational)
        case .fullBuffer: .fullBuffer(withMessage: withMessage ?? true)
        case .truncatedGzip: .truncate
        case .junk: .junk(junk ?? JunkKind.allCases)
        case .stall, .silence, .slow, .status, .backfill, .withhold, .recovery, .lag: nil
        }
    }

    fileprivate func lag(at now: Instant) -> Duration {
        let full = seconds ?? 60
        guard let begins, let ramp, ramp > 0 else { return .seconds(full) }
        let elapsed = Double((now - begins).milliseconds) / 1000
        return .milliseconds(Int64(1000 * full * min(1, elapsed / ramp)))
    }

    fileprivate var salt: UInt64 {
        (id ?? "").utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
