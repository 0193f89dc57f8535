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
        var end: MonotonicInstant
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

    private let rule: CoverageRule
    private let carriesTweets: Bool
    private let serverDate: Instant
    private let openedAt: MonotonicInstant
    private var histogram = CreationHistogram()
    private var evidence: BackfillEvidence?
    private var evidenceIsComplete = false
    private var readFrontier = Int64.min
    private var newestRead = Int64.min
    private var secondEnd: MonotonicInstant
    private var records: UInt64 = 0
    private var seconds = [Second?](repeating: nil, count: SessionCoverage.slotCount)
    private var oldest = 0
    private var pendingSeconds = 0
    private var acknowledgedBefore = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    private var lastCountedEnd: MonotonicInstant?

    /// A session at the head of its answer.
    ///
    /// - Parameters:
    ///   - rule: The numbers.
    ///   - carriesTweets: False for the compliance product, whose records have no creation time.
    ///   - serverDate: The answer's `Date`.
    ///   - openedAt: The same moment on the monotonic clock.
    ///   - backfillAsked: Whether backfill was asked for; without it none is credited.
    ///   - acknowledged: What the shell's counter of each slot stands at; counters are never set back.
    public init(
        rule: CoverageRule,
        carriesTweets: Bool,
        serverDate: Instant,
        openedAt: MonotonicInstant,
        backfillAsked: Bool,
        acknowledged: (Int) -> UInt64 = { _ in 0 }
    ) {
        self.rule = rule
        self.carriesTweets = carriesTweets
        self.serverDate = serverDate
        self.openedAt = openedAt
        plainLeftEnd = serverDate + CoverageRule.leftMargin
        secondEnd = openedAt + .seconds(1)
        isBackfillDecided = !(carriesTweets && backfillAsked)
        if !isBackfillDecided { evidence = BackfillEvidence(rule: rule, plainLeftEnd: plainLeftEnd) }
        for slot in 0..<Self.slotCount { acknowledgedBefore[slot] = acknowledged(slot) }
    }

    /// What the session claims; nil as long as it claims nothing.
    public var covered: EventInterval? {
        guard let rightEnd else { return nil }
        let from = creditedFrom ?? plainLeftEnd
        return rightEnd > from ? EventInterval(from: from, to: rightEnd) : nil
    }

    /// The last moment that the session could claim; nil as long as nothing counts.
    public var rightEnd: Instant? {
        guard carriesTweets else { return lastCountedEnd.map { serverDate + ($0 - openedAt) } }
        return frontier.map { $0 - rule.slack }
    }

    /// Whether everything that was read is acknowledged.
    public var isSettled: Bool { pendingSeconds == 0 && records == 0 }

    /// A Tweet was read and will be sent as one record of the present slot.
    @inline(__always)
    public mutating func read(_ id: TweetID) {
        records += 1
        guard let createdAt = id.createdAt?.milliseconds else { return }
        histogram.add(createdAt)
        if evidence != nil, !evidenceIsComplete { evidence?.add(id, createdAt: createdAt) }
    }

    /// A record that has no creation time of its own was read and will be sent: a delete, a compliance event, bytes
    /// for the deadletter topic.
    public mutating func readOther() {
        records += 1
    }

    /// A message that no topic takes was read; what it belonged to becomes a hole.
    ///
    /// - Parameter createdAt: The Tweet's creation time, if it could be found: then its second is lost, else everything
    ///   that the message could have been.
    public mutating func lost(createdAt: Instant?) {
        let hole: EventInterval
        if let createdAt {
            let second = createdAt.alignedDown(to: .seconds(1))
            hole = EventInterval(from: second, to: second + .seconds(1))
        } else {
            let newest = max(newestRead, histogram.newest)
            let to = newest == .min ? plainLeftEnd + rule.slack : Instant(milliseconds: newest) + .seconds(1)
            let known = readFrontier == .min ? min(plainLeftEnd, to) : Instant(milliseconds: readFrontier)
            hole = EventInterval(from: known - rule.slack, to: to)
        }
        holes = IntervalSet(holes).union(hole).intervals
        if holes.count > Self.holesMax, let first = holes.first, let last = holes.last {
            holes = [EventInterval(from: first.from, to: last.to)]
        }
    }

    /// Lets time pass: ends the present second where it is over.
    ///
    /// - Returns: Whether a second ended.
    @inline(__always)
    public mutating func advance(to now: MonotonicInstant) -> Bool {
        now >= secondEnd ? endSecond(now: now) : false
    }

    /// Ends the present second before its time, because the session is over; nothing is read after it.
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
        lastCountedEnd = second.end
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
            secondEnd = now + .seconds(1)
            return false
        }
        let frontier = frontier(at: now)
        if let frontier { readFrontier = max(readFrontier, frontier) }
        newestRead = max(newestRead, histogram.newest)
        var decides = false
        if evidence != nil, !evidenceIsComplete,
            readFrontier >= (plainLeftEnd + rule.baselineTime).milliseconds
        {
            evidenceIsComplete = true
            decides = true
        }
        seconds[slot] = Second(
            end: now,
            frontier: frontier,
            newest: histogram.count > 0 ? histogram.newest : nil,
            records: records,
            decidesBackfill: decides
        )
        pendingSeconds += 1
        slot = (slot + 1) % Self.slotCount
        records = 0
        histogram.clear()
        secondEnd = now + .seconds(1)
        return true
    }

    /// The present second's frontier: never beyond the server's own present, so that one ID from the far future cannot
    /// claim what has not happened yet.
    private func frontier(at now: MonotonicInstant) -> Int64? {
        guard let quantile = histogram.quantile(CoverageRule.frontierQuantile) else { return nil }
        return min(quantile, (serverDate + (now - openedAt)).milliseconds)
    }
}
