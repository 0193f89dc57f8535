import Tweets

/// Recovery jobs for people: a line each with its progress, and what went wrong.
enum JobsTable {
    static func text(_ jobs: [JobRecord], at now: Instant) -> String {
        guard !jobs.isEmpty else { return "No recovery jobs.\n" }
        let rows = jobs.map { job in
            [
                job.id,
                job.state.rawValue,
                TextTable.bar(job.progress, width: 6),
                job.timeLeft(at: now).map(TextTable.length) ?? "-",
                "\(job.attempts)",
                "\(job.received)",
            ]
        }
        var text = TextTable.text(["JOB", "STATE", "DONE", "LEFT", "TRIES", "RECEIVED"], rows)
        for job in jobs {
            guard let error = job.error, job.state != .completed else { continue }
            text += "\(job.id):\n  \(error)\n"
        }
        return text
    }
}
