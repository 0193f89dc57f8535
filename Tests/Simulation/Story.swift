import Tweets

/// What happened, a line an event, and one number over all of it.
///
/// Kept as numbers, since texts of what nobody reads would take longer than the events.
struct Story {
    enum Event: UInt8 {
        case fault
        case started
        case connected
        case refused
        case sessionOpened
        case sessionClosed
        case bridgeExit
        case crashed
        case stalled
        case batch
        case batchLost
        case acknowledgementLost
        case duplicateBatch
        case producerReplaced
        case recordRefused
        case recordLost
        case joined
        case registered
        case restored
        case firstStart
        case committed
        case aborted
        case rebuilt
        case rebalanced
        case stopped
        case lost
        case leads
        case resigned
        case request
        case requestEnded
        case gap
        case job
        case census
        case compacted
        case retained
        case clock
        case truncated
        case refusedPartition
        case rebuiltByHand
        case offsetsExpired
    }

    struct Entry {
        var time: Int64
        var step: Int
        var event: Event
        var who: Int
        var first: Int64
        var second: Int64
    }

    private static let kept = 4096
    private var entries: [Entry] = []
    private var next = 0
    /// Over every event so far, in order.
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How many there were.
    private(set) var count = 0
    /// Names of processes, which events tell by number.
    var names: [String] = []

    mutating func tell(_ event: Event, _ who: Int, _ first: Int64 = 0, _ second: Int64 = 0, time: Int64, step: Int) {
        mix(UInt64(bitPattern: time))
        mix(UInt64(event.rawValue) << 32 | UInt64(truncatingIfNeeded: who))
        mix(UInt64(bitPattern: first))
        mix(UInt64(bitPattern: second))
        count += 1
        let entry = Entry(time: time, step: step, event: event, who: who, first: first, second: second)
        if entries.count < Self.kept {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.kept
        }
    }

    private mutating func mix(_ word: UInt64) {
        hash = (hash ^ word) &* 0x0000_0100_0000_01B3
        hash ^= hash >> 29
    }

    /// The last events for people.
    func lines(_ count: Int, without: Set<Event> = [.batch, .committed, .census]) -> [String] {
        let ordered = Array(entries[next...] + entries[..<next])
        return ordered.filter { !without.contains($0.event) }.suffix(count).map(text)
    }

    private func text(_ entry: Entry) -> String {
        let who = names.indices.contains(entry.who) ? names[entry.who] : "the world"
        return "\(clockText(entry.time)) (step \(entry.step)) \(who) \(words(entry.event, entry.first, entry.second))"
    }

    private func words(_ event: Event, _ first: Int64, _ second: Int64) -> String {
        switch event {
        case .fault: "has a fault: \(FaultKind.allCases[Int(first)].rawValue) for \(second / 1000) s"
        case .started: "starts"
        case .connected: "asks for stream partition \(first) with \(second) min of backfill"
        case .refused: "was refused stream partition \(first), and waits \(second) ms"
        case .sessionOpened: "reads stream partition \(first), \(second) min of backfill asked"
        case .sessionClosed: "no longer reads stream partition \(first): \(Self.reason(second))"
        case .bridgeExit: "gives its connection's name up"
        case .crashed: "dies"
        case .stalled: "stands still for \(first / 1000) s"
        case .batch: "writes to raw \(first) at \(second)"
        case .batchLost: "sends \(second) records to raw \(first), which never arrive"
        case .acknowledgementLost: "writes to raw \(first) at \(second), and is not told"
        case .duplicateBatch: "sends to raw \(first) what is there already"
        case .producerReplaced: "replaces its producer"
        case .recordRefused: "has Tweet \(first) refused, which goes to deadletter"
        case .recordLost: "has Tweet \(first) refused for good"
        case .joined: "joins the group"
        case .registered: "has its transactional ID"
        case .restored: "restored partition \(first), and reads from \(second)"
        case .firstStart: "reads partition \(first) for the first time"
        case .committed: "commits transaction \(first)"
        case .aborted: "aborts, for the \(first). time"
        case .rebuilt: "makes its clients anew"
        case .rebalanced: first == 0 ? "gives its partitions up" : "lost its partitions"
        case .stopped: "stops, since a twin lives"
        case .lost: "finds \(first) … \(second) gone or doubtful"
        case .leads: "leads, having read control to \(first)"
        case .resigned: "no longer leads"
        case .request: "asks for the time from \(clockText(first))"
        case .requestEnded: "had \(first) Tweets recovered, \(second) acknowledged"
        case .gap: "says of the gap at \(clockText(second)): \(Self.gapState(first))"
        case .job: "says of the job for \(clockText(second)): \(Self.jobState(first))"
        case .census: "publishes census or loss of partition \(first)"
        case .compacted: "compacts raw \(first): \(second) records fewer"
        case .retained: "cuts raw \(first) off before \(second)"
        case .truncated: "has an unclean election: raw \(first) ends at \(second) now"
        case .refusedPartition: "refuses partition \(first), and calls the operator"
        case .rebuiltByHand: "rebuilt partition \(first), to be read from \(second)"
        case .offsetsExpired: "forgets dedup's offsets"
        case .clock: "has a clock that is \(second / 1000) s off (host \(first))"
        }
    }

    private static func reason(_ number: Int64) -> String {
        let all = SessionRecord.CloseReason.allCases
        return all.indices.contains(Int(number)) ? all[Int(number)].rawValue : "no session"
    }

    private static func gapState(_ number: Int64) -> String { GapRecord.State.allCases[Int(number)].rawValue }
    private static func jobState(_ number: Int64) -> String { JobRecord.State.allCases[Int(number)].rawValue }
}
