import FuzzSupport
import Recovery
import Tweets

/// A life of a coordinator whose control topic, clocks and requests are the fuzzer's.
struct Play {
    private var input: FuzzInput
    private var core: CoordinatorCore
    private var offset: Int64 = 0
    private var now = Draw.base
    private var clock = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private var isLeading = false

    init(_ input: FuzzInput) {
        var input = input
        let limits = input.flag() ? DialectLimits.gnip : .v2
        core = CoordinatorCore(
            options: CoordinatorOptions(
                limits: limits,
                timing: LedgerTiming(slack: .seconds(120)),
                concurrentJobsMax: 2
            )
        )
        self.input = input
    }

    mutating func run() {
        var steps = 0
        while !input.isEmpty, steps < 200 {
            steps += 1
            switch input.byte() % 8 {
            case 0...3: take(input.record())
            case 4: pass(.seconds(Int64(input.byte())))
            case 5: pass(.seconds(Int64(input.byte()) * 600))
            case 6: command()
            default: turn()
            }
        }
        turn()
        _ = core.coverages(now: now)
    }

    private mutating func pass(_ time: Duration) {
        now = now + time
        clock = clock + time
    }

    /// A record comes from the topic, as text: what a reader refuses never reaches the core.
    private mutating func take(_ record: ControlRecord) {
        offset += 1
        guard let read = Self.read(record) else { return }
        core.apply(read, offset: offset, arrivedAt: clock)
        if input.byte() == 0 {
            offset += 1
            core.remove(read.key, offset: offset)
        }
    }

    private mutating func turn() {
        if !isLeading {
            isLeading = true
            core.startLeading(at: clock)
        }
        var ends: [Int: Int64] = [:]
        for _ in 0..<input.byte() % 3 { ends[Int(input.byte() % 4)] = input.size() }
        let committed: CoordinatorSurroundings.Committed = input.pick([.notAsked, .none, .offsets(ends)])
        let turn = core.turn(now: now, clock: clock, CoordinatorSurroundings(rawEnds: ends, committed: committed))
        for record in turn.writes {
            guard let read = Self.read(record) else { fatalError("its own record cannot be read: \(record)") }
            offset += 1
            core.apply(read, offset: offset, arrivedAt: clock)
        }
        for key in turn.removals {
            offset += 1
            core.remove(key, offset: offset)
        }
        for request in turn.requests { answer(request) }
    }

    private mutating func answer(_ request: JobRequest) {
        let progress = BackfillProgress(
            received: input.size(),
            acknowledged: input.size(),
            frontier: input.flag() ? input.instant() : nil,
            newest: input.flag() ? input.instant() : nil,
            offsets: [0: .init(first: input.size(), last: input.size())],
            lost: input.list(2) { $0.interval() }
        )
        core.progressed(request.job, progress, now: now)
        guard input.flag() else { return }
        let outcome: BackfillOutcome =
            switch input.byte() % 6 {
            case 0: .completed
            case 1: .minutesFailed(input.list(3) { $0.instant() })
            case 2: .unprocessed(input.interval())
            case 3: .endedInOrder
            case 4: .http(status: 429, detail: "", retryAfter: .seconds(Int64(input.byte())))
            default: .broken("")
            }
        core.ended(request.job, outcome, now: now, clock: clock)
    }

    private mutating func command() {
        guard isLeading else { return }
        switch input.byte() % 4 {
        case 0: _ = core.backfill(input.interval(), partition: input.flag() ? Int(input.byte()) : nil, now: now)
        case 1: core.pause("j\(input.byte() % 4)", now: now)
        case 2: core.resume("j\(input.byte() % 4)", now: now, clock: clock)
        default: core.cancel("j\(input.byte() % 4)", now: now)
        }
    }

    /// The record as it comes back out of the topic; nil where a reader refuses it.
    private static func read(_ record: ControlRecord) -> ControlRecord? {
        guard let value = try? ControlCodec.encode(record) else { fatalError("no JSON of \(record)") }
        return Array(record.key.text.utf8).withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                if case .record(let read) = ControlCodec.decode(key: key, value: value) { read } else { nil }
            }
        }
    }
}
