import Tweets

/// Recovery jobs for people: a line each, how far those have come that have not ended, and what went wrong.
enum JobsTable {
    static func text(_ jobs: [JobRecord], at now: Instant) -> String {
        guard !jobs.isEmpty else { return "No recovery jobs.\n" }
        let rows = jobs.map { job in
            [
                job.id,
                job.state.rawValue,
                "\(Int(job.progress * 100))%",
                job.timeLeft(at: now).map(TextTable.length) ?? "-",
                "\(job.attempts)",
                TextTable.count(job.received),
            ]
        }
        let table = TextTable.text(["JOB", "STATE", "DONE", "LEFT", "TRIES", "TWEETS"], rows, flexible: 0)
        let words = jobs.map { job in
            var text = ""
            if !job.state.isFinal { text += "  " + standing(job) }
            if let error = job.error, job.state != .completed { text += TextTable.wrapped(error, indent: 2) }
            return text.isEmpty ? "" : TextTable.wrapped("\(job.id):") + text
        }
        return table + words.joined()
    }

    /// `[########--------] 1h12m of 2h00m, up to 11-23 20:51:30`, in event time.
    private static func standing(_ job: JobRecord) -> String {
        let all = TextTable.length(job.range.duration)
        let done = TextTable.length(job.range.duration - job.outstanding)
        let reached = job.reached.map { ", up to \(TextTable.moment($0))" } ?? ""
        return "\(TextTable.bar(job.progress, width: 30)) \(done) of \(all)\(reached)\n"
    }
}
