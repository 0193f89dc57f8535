import Tweets

/// What can be wrong with a rule of coverage; each simplification loses Tweets silently, and the model must notice.
public enum Flaw: CaseIterable, Sendable {
    /// The claim ends when the last acknowledged second was read.
    case rightEndByReceiveTime
    /// The claim ends at the frontier itself.
    case noSlack
    /// The frontier is the median of the creation times.
    case medianFrontier
    /// The frontier is the newest creation time.
    case newestFrontier
    /// What is read counts, acknowledged or not.
    case readIsEnough
    /// A second counts once some of its records are acknowledged.
    case partIsEnough
    /// A second counts although an older one is not acknowledged.
    case olderSecondsIgnored
    /// The claim begins at the server's `Date`.
    case leftEndAtDate
    /// The backfill that was asked for is credited.
    case creditOfWhatWasAsked
    /// Backfill is credited back over seconds that hold half of the baseline, whatever ten of them hold.
    case creditOfHalfFull
    /// Credit keeps no distance from the oldest second that it rests on.
    case creditWithoutDistance
    /// Credit is given when the frontier reaches the left end, by the seconds that there are.
    case creditAtOnce
}

/// The coverage rule as its text has it, written down once more without any thought of speed.
///
/// Without a flaw it must agree with the product's; with one it must lose Tweets in the model.
struct PlainRule: ClaimRule {
    private struct Second {
        var end: Int64
        var created: [Int64] = []
        var sent = 0
        var acknowledged = 0
    }

    private let flaw: Flaw?
    private let openedAt: Int64
    private let plainLeftEnd: Instant
    private let backfillMinutes: Int
    private var seconds: [Second]
    private var counted = 0
    private var present: Int
    private var frontier: Instant?
    private var countedUntil: Int64?
    private var tweets: [Int64: Set<TweetID>] = [:]
    private var decidingSecond: Int?
    private var isDecided: Bool
    private var creditedFrom: Instant?

    init(openedAt: Int64, backfillMinutes: Int) {
        self.init(openedAt: openedAt, backfillMinutes: backfillMinutes, flaw: nil)
    }

    init(openedAt: Int64, backfillMinutes: Int, flaw: Flaw?) {
        self.flaw = flaw
        self.openedAt = openedAt
        self.backfillMinutes = backfillMinutes
        plainLeftEnd = Self.serverDate(openedAt) + (flaw == .leftEndAtDate ? .zero : .seconds(5))
        seconds = [Second(end: openedAt + 1000)]
        present = 0
        isDecided = backfillMinutes == 0
        if flaw == .creditOfWhatWasAsked, backfillMinutes > 0 {
            isDecided = true
            creditedFrom = plainLeftEnd - .seconds(60 * backfillMinutes)
        }
    }

    var tag: Int { present }
    var isCredited: Bool { creditedFrom != nil }

    var claim: EventInterval? {
        let from = creditedFrom ?? plainLeftEnd
        guard let rightEnd, rightEnd > from else { return nil }
        return EventInterval(from: from, to: rightEnd)
    }

    private var rightEnd: Instant? {
        if flaw == .rightEndByReceiveTime { return countedUntil.map { ModelWorld.midnight + .milliseconds($0) } }
        return frontier.map { $0 - (flaw == .noSlack ? .zero : .seconds(120)) }
    }

    mutating func advance(to time: Int64) -> Bool {
        guard time >= seconds[present].end else { return false }
        endSecond(at: time)
        return true
    }

    mutating func read(_ id: TweetID) {
        seconds[present].sent += 1
        guard let created = id.createdAt else { return }
        seconds[present].created.append(created.milliseconds)
        guard !isDecided, decidingSecond == nil else { return }
        tweets[created.alignedDown(to: .seconds(1)).milliseconds, default: []].insert(id)
    }

    mutating func finish(at time: Int64) {
        seconds[present].created = []
        if seconds[present].sent > 0 { endSecond(at: time) }
    }

    mutating func acknowledged(_ tag: Int) { seconds[tag].acknowledged += 1 }

    mutating func settle(isOver: Bool) {
        while counted < present, counts(seconds[counted]) {
            let second = seconds[counted]
            countedUntil = second.end
            if let frontier = frontier(of: second) { self.frontier = max(self.frontier ?? frontier, frontier) }
            if counted == decidingSecond { decide() }
            seconds[counted].created = []
            counted += 1
        }
    }

    private func counts(_ second: Second) -> Bool {
        switch flaw {
        case .readIsEnough: true
        case .partIsEnough: second.acknowledged > 0 || second.sent == 0
        case .olderSecondsIgnored: second.acknowledged >= second.sent || isAnyLaterAcknowledged
        default: second.acknowledged >= second.sent
        }
    }

    private var isAnyLaterAcknowledged: Bool {
        seconds[counted..<present].contains { $0.sent > 0 && $0.acknowledged >= $0.sent }
    }

    private mutating func endSecond(at time: Int64) {
        seconds[present].end = time
        if !isDecided, decidingSecond == nil, let read = frontierOfAllRead,
            read >= plainLeftEnd + (flaw == .creditAtOnce ? .zero : .seconds(60))
        {
            decidingSecond = present
        }
        present += 1
        seconds.append(Second(end: time + 1000))
    }

    private var frontierOfAllRead: Instant? {
        ([frontier] + seconds[counted...present].map { self.frontier(of: $0) }).compactMap(\.self).max()
    }

    private func frontier(of second: Second) -> Instant? {
        guard !second.created.isEmpty else { return nil }
        let sorted = second.created.sorted()
        let rank =
            switch flaw {
            case .medianFrontier: sorted.count / 2
            case .newestFrontier: sorted.count - 1
            default: sorted.count / 100
            }
        let now = Self.serverDate(openedAt).milliseconds + second.end - openedAt
        return Instant(milliseconds: min(sorted[rank], now))
    }

    private mutating func decide() {
        isDecided = true
        let left = plainLeftEnd.milliseconds
        func count(_ time: Int64) -> Int { tweets[time]?.count ?? 0 }
        var minute = (0..<60).map { count(left + $0 * 1000) }.sorted()
        if flaw == .creditAtOnce { minute.removeAll { $0 == 0 } }
        let baseline = minute.isEmpty ? 0 : minute[minute.count / 2]
        guard baseline >= 10 else { return }
        var oldest = left
        while oldest > left - 360_000, 2 * count(oldest - 1000) >= baseline {
            let window = (0..<10).map { count(oldest - 1000 + $0 * 1000) }.reduce(0, +)
            let isFull = flaw == .creditOfHalfFull || oldest + 9000 > left || 5 * window >= 4 * 10 * baseline
            guard isFull else { break }
            oldest -= 1000
        }
        let from = oldest + (flaw == .creditWithoutDistance ? 0 : 10_000)
        if from < left { creditedFrom = Instant(milliseconds: from) }
        tweets = [:]
    }
}
