public import Tweets

/// What one session may claim to have delivered, in event time: the coverage rule.
///
/// Reading is cut into seconds by the monotonic clock. Each second has a slot; whoever sends its records counts their
/// acknowledgements by that slot. A second counts once every record of it and of all seconds before it is acknowledged,
/// and only then its frontier (the 1 % quantile of the creation times of the Tweets read in it) may move the right
/// end. No wall clock of ours enters, and nothing that was merely asked or merely read.
///
/// Confined to the thread that reads. Adding a Tweet allocates nothing, except while backfill is being judged, when the
/// set of IDs may grow.
public struct SessionCoverage {
    /// Slots for seconds that are not yet acknowledged; while all are in use the youngest second goes on.
    public static let slotCount = 1024

    /// More holes than this become one that spans them all: a record of control stays small, and doubt is a gap.
    public static let holesMax = 256

    private struct Second {
        /// When the last byte of it came; nil where none did.
        var heardAt: MonotonicInstant?
        var frontier: Int64?
        var newest: Int64?
        var records: UInt64
        var decidesBackfill: Bool
    }

    /// The present second's slot, to be counted with every record that is sent.
    public private(set) var slot = 0
    /// Where the claim would begin without credit for backfill.
    public let plainLeftEnd: Instant
    /// Whether the credit for backfill is decided, or can no longer come.
    public private(set) var isBackfillDecided: Bool
    /// From where backfill is proven; nil while undecided and where none was earned.
    public private(set) var creditedFrom: Instant?
    /// Stretches that are known to be lost.
    public private(set) var holes: [EventInterval] = []
    /// The newest creation time of an acknowledged Tweet, of seconds that count.
    public private(set) var newestCounted: Instant?
    /// The greatest frontier that counts; the newest event time that is surely flowing.
    public private(set) var frontier: Instant?

    /// How far the creation times are ahead of the server's own clock, at most; zero where they are not, as they should
    /// be: a Tweet is read after it was created.
    public private(set) var clockLead: Duration = .zero

    private let rule: CoverageRule
    private let carriesTweets: Bool
    private let serverDate: Instant
    private let isDateKnown: Bool
    private let openedAt: MonotonicInstant
    private var creationTimes = CreationTimes()
    private var minutes: MinutesRead?
    /// A Tweet that says that it is newer than this is lying.
    private var newestPlausible: Int64
    /// Tweets of the present second that said so.
    private var implausible = 0
    private var heardAt: MonotonicInstant?
    private var evidence: BackfillEvidence?
    private var evidenceIsComplete = false
    private var readFrontier = Int64.min
    private var secondEnd: MonotonicInstant
    private var records: UInt64 = 0
    private var seconds = [Second?](repeating: nil, count: SessionCoverage.slotCount)
    private var oldest = 0
    private var pendingSeconds = 0
    private var acknowledgedBefore = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    private var countedHeardAt: MonotonicInstant?

    /// A session at the head of its answer.
    ///
    /// - Parameters:
    ///   - rule: The numbers.
    ///   - carriesTweets: False for the compliance product, whose records have no creation time.
    ///   - serverDate: The answer's `Date`; nil where it had none. Such a session claims nothing, since nothing but our
    ///     own clock would say since when it has listened.
    ///   - openedAt: The same moment on the monotonic clock.
    ///   - backfillAsked: Whether backfill was asked for; without it none is credited.
    ///   - recovering: The range that a recovery asked for; nil for a live session.
    ///   - acknowledged: What the shell's counter of each slot stands at; counters are never set back.
    public init(
        rule: CoverageRule,
        carriesTweets: Bool,
        serverDate: Instant?,
        openedAt: MonotonicInstant,
        backfillAsked: Bool,
        recovering: EventInterval? = nil,
        acknowledged: (Int) -> UInt64 = { _ in 0 }
    ) {
        self.rule = rule
        self.carriesTweets = carriesTweets
        self.serverDate = serverDate ?? Instant(milliseconds: 0)
        isDateKnown = serverDate != nil
        self.openedAt = openedAt
        plainLeftEnd = self.serverDate + CoverageRule.leftMargin
        secondEnd = openedAt + .seconds(1)
        newestPlausible = .max
        minutes = recovering.map { MinutesRead($0) }
        isBackfillDecided = !(carriesTweets && backfillAsked && serverDate != nil)
        if !isBackfillDecided { evidence = BackfillEvidence(rule: rule, plainLeftEnd: plainLeftEnd) }
        for slot in 0..<Self.slotCount { acknowledgedBefore[slot] = acknowledged(slot) }
        begin(secondEnd)
    }

    /// What the session claims; nil as long as it claims nothing.
    ///
    /// Where the creation times are ahead of the server's clock, that clock does not tell since when the session has
    /// listened: the left end moves right by the lead, and by what delivery takes of it; backfill is not credited.
    public var covered: EventInterval? {
        guard isDateKnown, let rightEnd else { return nil }
        let from = clockLead > .zero ? plainLeftEnd + clockLead + CoverageRule.leftMargin : creditedFrom ?? plainLeftEnd
        return rightEnd > from ? EventInterval(from: from, to: rightEnd) : nil
    }

    /// The last moment that the session could claim; nil as long as nothing counts.
    public var rightEnd: Instant? {
        guard carriesTweets else { return countedHeardAt.map { present(at: $0) } }
        return frontier.map { $0 - rule.slack }
    }

    /// Whether everything that was read is acknowledged.
    public var isSettled: Bool { pendingSeconds == 0 && records == 0 }

    /// A Tweet was read and will be sent as one record of the present slot.
    @inline(__always)
    public mutating func read(_ id: TweetID) {
        records += 1
        guard let createdAt = id.createdAt?.milliseconds else { return }
        guard createdAt <= newestPlausible else {
            implausible += 1
            return
        }
        creationTimes.add(createdAt)
        if minutes != nil { minutes?.note(createdAt) }
        if evidence != nil, !evidenceIsComplete { evidence?.add(id, createdAt: createdAt) }
    }

    /// The minutes of a recovery's range of which no Tweet was read; empty for a live session.
    public var silentMinutes: [EventInterval] { minutes?.silent ?? [] }

    /// A record that has no creation time of its own was read and will be sent: a delete, a compliance event, bytes
    /// for the deadletter topic.
    public mutating func readOther() {
        records += 1
    }

    /// A message that no topic takes was read; what it belonged to becomes a hole.
    ///
    /// - Parameter createdAt: The Tweet's creation time, if it could be found: then its second is lost, else everything
    ///   that the message could have been. A product without creation times does not heed it: what it lost is the time
    ///   in which the message came.
    public mutating func lost(createdAt: Instant?) {
        if let createdAt {
            lost(from: createdAt, through: createdAt)
        } else {
            addHole(stillUncounted)
        }
    }

    /// Messages that no topic takes were read, more than are told one by one: all that lies between the first and the last
    /// becomes a hole.
    public mutating func lost(from first: Instant, through last: Instant) {
        guard carriesTweets else {
            addHole(stillUncounted)
            return
        }
        let end = last.alignedDown(to: .seconds(1)) + .seconds(1)
        addHole(EventInterval(from: first.alignedDown(to: .seconds(1)), to: end))
    }

    private mutating func addHole(_ hole: EventInterval) {
        holes = IntervalSet(holes).union(hole).intervals
        if holes.count > Self.holesMax, let first = holes.first, let last = holes.last {
            holes = [EventInterval(from: first.from, to: last.to)]
        }
    }

    /// All event time to which a message can belong that was read in a second that does not count yet.
    private var stillUncounted: EventInterval {
        let from: Instant
        if carriesTweets {
            let backfill = Duration.seconds(CoverageRule.backfillSecondsMax)
            from = (frontier ?? plainLeftEnd - backfill) - rule.slack
        } else {
            from = rightEnd ?? plainLeftEnd
        }
        return EventInterval(from: from, to: present(at: secondEnd) + CoverageRule.leftMargin)
    }

    /// A piece of the body came: it belongs to the second in which it came, and shows that the connection lives.
    ///
    /// - Parameters:
    ///   - now: When it came.
    ///   - delay: How long before it may have been sent, because reading stood still.
    public mutating func received(at now: MonotonicInstant, delay: Duration = .zero) {
        _ = advance(to: now)
        heardAt = now - delay
    }

    /// Lets time pass: ends the present second where it is over.
    ///
    /// - Returns: Whether a second ended.
    @inline(__always)
    public mutating func advance(to now: MonotonicInstant) -> Bool {
        now >= secondEnd ? endSecond(now: now) : false
    }

    /// Ends the present second before its time, because the session is over; nothing is read after it.
    ///
    /// A part of a second makes no frontier: it may hold three Tweets, all of them fresh, of a stream that lags in part.
    public mutating func finish(now: MonotonicInstant) {
        if records > 0 { _ = endSecond(now: now, isLast: true) }
    }

    /// Counts acknowledgements.
    ///
    /// - Parameters:
    ///   - acknowledged: The shell's counter of a slot: how many of its records no longer need to be waited for.
    ///   - isOver: Whether the session has ended; then an undecided backfill that can no longer be decided is.
    /// - Returns: Whether the claim changed.
    @discardableResult
    public mutating func settle(isOver: Bool = false, acknowledged: (Int) -> UInt64) -> Bool {
        let before = (rightEnd, creditedFrom, isBackfillDecided)
        while pendingSeconds > 0, let second = seconds[oldest],
            acknowledged(oldest) &- acknowledgedBefore[oldest] >= second.records
        {
            acknowledgedBefore[oldest] &+= second.records
            seconds[oldest] = nil
            oldest = (oldest + 1) % Self.slotCount
            pendingSeconds -= 1
            count(second)
        }
        if isOver, !isBackfillDecided, isSettled || !evidenceIsComplete {
            isBackfillDecided = true
            evidence = nil
        }
        return before != (rightEnd, creditedFrom, isBackfillDecided)
    }

    private mutating func count(_ second: Second) {
        if let heardAt = second.heardAt { countedHeardAt = max(countedHeardAt ?? heardAt, heardAt) }
        if let counted = second.frontier {
            frontier = max(frontier ?? Instant(milliseconds: .min), Instant(milliseconds: counted))
        }
        if let newest = second.newest {
            newestCounted = max(newestCounted ?? Instant(milliseconds: .min), Instant(milliseconds: newest))
        }
        if second.decidesBackfill {
            creditedFrom = evidence?.creditedFrom()
            isBackfillDecided = true
            evidence = nil
        }
    }

    private mutating func endSecond(now: MonotonicInstant, isLast: Bool = false) -> Bool {
        // One slot stays free for the next second.
        guard isLast || pendingSeconds < Self.slotCount - 1 else {
            begin(now + .seconds(1))
            return false
        }
        let frontier = isLast ? nil : frontier(at: now)
        if isDateKnown, carriesTweets, now - openedAt <= CoverageRule.leadTime { noteLead(at: now) }
        if let frontier { readFrontier = max(readFrontier, frontier) }
        var decides = false
        if evidence != nil, !evidenceIsComplete,
            readFrontier >= (plainLeftEnd + rule.baselineTime).milliseconds
        {
            evidenceIsComplete = true
            decides = true
        }
        seconds[slot] = Second(
            heardAt: heardAt,
            frontier: frontier,
            newest: creationTimes.count > 0 ? creationTimes.newest : nil,
            records: records,
            decidesBackfill: decides
        )
        pendingSeconds += 1
        slot = (slot + 1) % Self.slotCount
        records = 0
        heardAt = nil
        creationTimes.clear()
        implausible = 0
        begin(now + .seconds(1))
        return true
    }

    /// The present second goes on until `end`.
    private mutating func begin(_ end: MonotonicInstant) {
        secondEnd = end
        if isDateKnown { newestPlausible = (present(at: end) + CoverageRule.futureMargin).milliseconds }
    }

    /// The present second's frontier: never beyond the server's own present, so that an ID from the future cannot claim
    /// what has not happened yet.
    private mutating func frontier(at now: MonotonicInstant) -> Int64? {
        guard let frontier = creationTimes.frontier() else { return nil }
        return isDateKnown ? min(frontier, present(at: now).milliseconds) : frontier
    }

    /// Compares the Tweets of the present second with the server's clock.
    ///
    /// The median says it, so that one absurd ID says nothing.
    private mutating func noteLead(at now: MonotonicInstant) {
        let isBeyond = implausible >= 3 && implausible > creationTimes.count
        let median = isBeyond ? newestPlausible : creationTimes.median()
        guard let median else { return }
        let lead = Instant(milliseconds: median) - present(at: now)
        if lead > max(clockLead, CoverageRule.leadTolerance) { clockLead = lead }
    }

    /// The server's clock at a moment of the monotonic one.
    private func present(at now: MonotonicInstant) -> Instant {
        serverDate + (now - openedAt)
    }
}
