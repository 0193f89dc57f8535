import Tweets

/// What one session reads and when, how its records are acknowledged, and how it ends.
struct ModelSession {
    /// How a server answers the request for backfill.
    enum Backfill: CaseIterable {
        case full
        case partial
        case ignored
        case thinned
        case holed
        case cut
    }

    /// How a session ends.
    enum End: CaseIterable {
        /// The connection drops; what was read is acknowledged later.
        case dropped
        /// The process dies: what was not acknowledged is gone, and the last published claim stays.
        case killed
        /// The process dies between the acknowledgements and the session's next record.
        case killedBeforeRecord
        /// The connection drops, and the process dies before the last acknowledgements.
        case droppedThenKilled
    }

    var start: Int64
    var end: Int64
    var backfillMinutes = 0
    var backfill = Backfill.full
    var ending = End.dropped
    /// A stretch in which Kafka acknowledges nothing of some partitions.
    var stuck: (range: Range<Int64>, partitions: Set<Int>)?
    /// How many times faster than life backfill flows.
    private var backfillSpeed: Int64 = 20
    private var backfillShare = 1.0
    private var backfillFrom: Int64
    private var backfillHole: Range<Int64> = 0..<0

    init(
        start: Int64,
        end: Int64,
        isQuiet: Bool,
        window: ModelWorld.Window? = nil,
        using random: inout ModelRandom
    ) {
        self.start = start
        self.end = end
        backfillSpeed = random.number(4...30)
        backfillFrom = start
        if random.chance(isQuiet ? 1 : 0.8) {
            backfillMinutes = Int(isQuiet ? 3 : random.number(1...5))
            askBackfill(isQuiet: isQuiet, lagsInPart: window.map { $0.lag.share < 1 } ?? false, using: &random)
        }
        guard !isQuiet else { return }
        ending = random.pick(End.allCases)
        if let stuck = window?.stuck, stuck.lowerBound < end, stuck.upperBound > start {
            self.stuck = (stuck, [0, 1, 2])
        } else if random.chance(0.3) {
            let from = random.number(max(start, end - 900_000)...end)
            let partitions: Set<Int> = random.chance(0.5) ? [0, 1, 2] : [Int(random.number(0...2))]
            stuck = (from..<(from + random.number(1000...400_000)), partitions)
        }
    }

    private mutating func askBackfill(isQuiet: Bool, lagsInPart: Bool, using random: inout ModelRandom) {
        let length = Int64(backfillMinutes) * 60_000
        backfillFrom = start - length
        backfill = isQuiet ? .full : random.pick(Backfill.allCases)
        switch backfill {
        case .full:
            break
        case .partial:
            backfillFrom = start - random.number(0...length)
        case .ignored:
            backfillFrom = start
        case .thinned:
            // Less than a fifth missing is not noticed: a stated limit, and with few Tweets a second chance blurs it.
            backfillShare = 0.1 + (lagsInPart ? 0.3 : 0.4) * random.unit()
        case .holed:
            // What is missing for less than two seconds is not noticed: a stated limit. Of the last seconds before the
            // connect much comes live.
            let from = start - random.number(10_000...length)
            backfillHole = from..<min(start - 6000, from + random.number(2000...60_000))
        case .cut:
            end = min(end, start + random.number(0...(length / backfillSpeed)))
        }
    }

    /// Calls `body` with the place of each Tweet that is read, and when, in order.
    func forEachRead(_ world: ModelWorld, using random: inout ModelRandom, _ body: (_ at: Int64, _ index: Int) -> Void)
    {
        var liveFrom = start
        if backfillFrom < start {
            let old = world.delivered(backfillFrom..<start)
            let spread = (start - backfillFrom) / backfillSpeed
            liveFrom = start + spread
            for index in old {
                let at = start + spread * Int64(index - old.lowerBound) / Int64(old.count)
                guard at < end else { return }
                guard backfillShare == 1 || random.chance(backfillShare) else { continue }
                guard !backfillHole.contains(world.created[index]) else { continue }
                body(at, index)
            }
        }
        for index in world.delivered(start..<end) {
            let at = max(liveFrom, world.delivered[index])
            guard at < end else { return }
            body(at, index)
        }
    }
}

extension ModelSession: CustomStringConvertible {
    /// Its times in milliseconds of the day, and what was wrong with it.
    var description: String {
        var text = "a session of \(start) … \(end), \(ending)"
        if backfillMinutes > 0 {
            text += ", \(backfillMinutes) min of backfill asked, \(backfill) from \(backfillFrom)"
            if backfillShare < 1 { text += ", a share of \(backfillShare)" }
            if !backfillHole.isEmpty { text += ", none of \(backfillHole)" }
        }
        if let stuck { text += ", Kafka stuck \(stuck.range) in \(stuck.partitions.sorted())" }
        return text
    }
}
