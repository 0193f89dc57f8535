import Glibc
import Logging
import Operations
import Recovery
import Tweets

/// Requests at work, each on a thread of its own.
extension CoordinatorLoop {
    /// Less would make a recovery before the first live measurement take for ever.
    static let recoveryRateMin: Double = 100

    /// Records a second that all jobs may bring together.
    func recoveryRate(at clock: MonotonicInstant) -> Double {
        if let rate = environment.recoveryRate { return Double(rate) }
        return max(Self.recoveryRateMin, 3 * follower.rate.perSecond(at: clock))
    }

    /// Makes a request.
    func start(_ request: JobRequest) {
        let run = JobRun(request, rate: recoveryRate(at: environment.clock()))
        lead?.runs[request.job] = run
        metrics.requests.add()
        environment.logger.info(
            "A recovery request is made.",
            metadata: [LogKey.job: "\(request.job)", LogKey.interval: "\(request.range)"]
        )
        let transfer = environment.transfer
        BlockingThread.start(named: "recovery") { run.end(transfer.perform(run)) }
    }

    /// Shares the rate among the requests at work, but for those whose job has one of its own.
    func setRates(at clock: MonotonicInstant) {
        guard let lead, !lead.runs.isEmpty else { return }
        let rates = follower.core.rates(of: lead.runs.keys, sharing: recoveryRate(at: clock))
        for (job, run) in lead.runs { if let rate = rates[job] { run.setRate(rate) } }
    }

    /// Takes in what the requests have brought, and their ends.
    func collectRuns() {
        guard let runs = lead?.runs else { return }
        for (job, run) in runs {
            let standing = run.standing
            let now = serverTime
            follower.core.progressed(job, standing.progress, now: now)
            guard let outcome = standing.outcome else { continue }
            lead?.runs[job] = nil
            follower.core.ended(job, outcome, now: now, clock: environment.clock())
            environment.logger.info(
                "A recovery request has ended.",
                metadata: [
                    LogKey.job: "\(job)", LogKey.reason: "\(outcome)",
                    LogKey.count: "\(standing.progress.received)",
                ]
            )
            if let wish = lead?.afterStop.removeValue(forKey: job) { change(wish) }
        }
    }

    /// Asks all requests to end and waits for them, up to a limit.
    func stopRuns() {
        guard let runs = lead?.runs, !runs.isEmpty else { return }
        for run in runs.values { run.stop() }
        let deadline = environment.clock() + Self.stopLimit
        while runs.values.contains(where: { $0.standing.outcome == nil }), environment.clock() < deadline {
            usleep(20_000)
        }
        lead?.runs = [:]
    }

    // MARK: Operators

    /// Answers what operators have asked for.
    func takeUpWishes() {
        for (wish, reply) in desk.takeWishes() { reply(answer(wish)) }
    }

    private func answer(_ wish: CoordinatorDesk.Wish) -> StatusBoard.Answer {
        guard lead != nil else {
            return .problem(409, "this coordinator stands by; ask the one whose /status says that it leads")
        }
        let now = serverTime
        let (answer, job) = wish.answer(of: &follower.core, at: now)
        guard let job else { return answer }
        if let run = lead?.runs[job] {
            lead?.afterStop[job] = wish
            run.stop()
        } else {
            change(wish)
        }
        return answer
    }

    private func change(_ wish: CoordinatorDesk.Wish) {
        let now = serverTime
        wish.change(&follower.core, at: now, clock: environment.clock())
    }
}
