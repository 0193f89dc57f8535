import Operations
import Recovery
import Tweets

/// What a coordinator that leads answers to what operators wish for.
extension CoordinatorDesk.Wish {
    /// Judges the wish, and grants one that no request at work stands in the way of.
    ///
    /// - Returns: The answer; and the job that is to be changed once its request, where one is at work, has ended.
    func answer(of core: inout CoordinatorCore, at now: Instant) -> (answer: StatusBoard.Answer, job: String?) {
        switch self {
        case .backfill(let range, let partition, let isDryRun):
            var asked = core
            let answer = asked.backfill(range, partition: partition, now: now)
            guard !answer.jobs.isEmpty else {
                let reason = answer.refusal ?? answer.left.map(\.reason).joined(separator: "; ")
                return (.problem(422, reason), nil)
            }
            if !isDryRun { core = asked }
            let json = String(decoding: DocumentText.json(BackfillDocument(answer, at: now)), as: UTF8.self)
            return (StatusBoard.Answer(status: isDryRun ? 200 : 202, json: json), nil)
        case .pause(let job), .resume(let job), .cancel(let job), .rate(let job, _):
            guard let record = core.jobs.first(where: { $0.id == job }) else {
                return (.problem(404, "there is no job \(job); 'decahose jobs' lists them"), nil)
            }
            guard !record.state.isFinal else {
                let reason = "job \(job) is \(record.state.rawValue) already, which nothing changes any more"
                return (.problem(410, reason), nil)
            }
            let accepted = StatusBoard.Answer(status: 202, json: "{\"job\":\(JSONText.quoted(job))}\n")
            switch (self, record.state == .paused) {
            case (.pause, true): return (.problem(410, "job \(job) is paused already"), nil)
            case (.resume, false): return (.problem(410, "job \(job) is \(record.state.rawValue), not paused"), nil)
            case (.rate(_, let rate), _):
                core.setRate(rate, of: job, now: now)
                return (accepted, nil)
            default: return (accepted, job)
            }
        }
    }

    /// Changes the job, whose request must have ended.
    func change(_ core: inout CoordinatorCore, at now: Instant, clock: MonotonicInstant) {
        switch self {
        case .pause(let job): core.pause(job, now: now)
        case .resume(let job): core.resume(job, now: now, clock: clock)
        case .cancel(let job): core.cancel(job, now: now)
        case .backfill, .rate: break
        }
    }
}
