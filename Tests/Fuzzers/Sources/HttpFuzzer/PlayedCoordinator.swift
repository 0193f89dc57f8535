import Operations
import Recovery
import Synchronization
import Tweets

/// A coordinator that leads, knows one session and has two jobs, one of them paused; its clock stands still.
final class PlayedCoordinator: Sendable {
    let board = StatusBoard()
    private let desk = CoordinatorDesk()
    private let fresh: CoordinatorCore
    private let core: Mutex<CoordinatorCore>

    private static let now = Instant(milliseconds: 1_795_000_000_000)
    private static let clock = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private static let options = CoordinatorOptions(
        limits: .gnip,
        timing: LedgerTiming(slack: .seconds(120)),
        concurrentJobsMax: 2
    )

    init() {
        var session = SessionRecord(
            connection: "a",
            stream: StreamPartition(product: .sample10, number: 1),
            session: "session",
            host: "host",
            serverDate: Self.now - .seconds(86400),
            localDate: Self.now - .seconds(86400),
            backfill: SessionRecord.Backfill(askedMinutes: 0)
        )
        session.covered = EventInterval(from: Self.now - .seconds(86400), to: Self.now - .seconds(7200))
        session.updatedAt = Self.now - .seconds(7200)
        var core = CoordinatorCore(options: Self.options)
        core.apply(.session(session), offset: 0, arrivedAt: Self.clock)
        core.startLeading(at: Self.clock)
        for hours in [2, 4] as [Int64] {
            let from = Self.now - .seconds(hours * 3600)
            let range = EventInterval(from: from, to: from + .seconds(1800))
            _ = core.backfill(range, partition: nil, now: Self.now)
        }
        guard core.jobs.count == 2 else { fatalError("\(core.jobs.count) jobs") }
        core.pause(core.jobs[0].id, now: Self.now)
        fresh = core
        self.core = Mutex(core)
        CoordinatorRoutes.show(on: board, desk: desk)
        board.isStarted()
        reset()
    }

    func reset() {
        core.withLock { $0 = fresh }
        show(fresh)
    }

    /// Answers what was asked.
    ///
    /// - Returns: Whether anything was.
    func takeUpWishes() -> Bool {
        let wishes = desk.takeWishes()
        for (wish, reply) in wishes {
            let (answer, after) = core.withLock { core in
                let (answer, job) = wish.answer(of: &core, at: Self.now)
                if job != nil { wish.change(&core, at: Self.now, clock: Self.clock) }
                return (answer, core)
            }
            show(after)
            reply(answer)
        }
        return !wishes.isEmpty
    }

    private func show(_ core: CoordinatorCore) {
        desk.view = CoordinatorView(
            isLeading: true,
            at: Self.now,
            gaps: core.gaps,
            jobs: core.jobs,
            coverages: core.coverages(now: Self.now),
            live: [StreamPartition(product: .sample10, number: 1): ["a"]],
            sessions: core.fold.sessionRecords,
            census: core.fold.censusRecords,
            slack: Self.options.timing.slack,
            recoveryWindow: Self.options.limits.window
        )
    }
}
