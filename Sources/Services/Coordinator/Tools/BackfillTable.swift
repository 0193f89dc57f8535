import FoundationEssentials
import Operations
import Tweets

/// The jobs of an operator's backfill, for people.
enum BackfillTable {
    private struct Answer: Decodable {
        struct Job: Decodable {
            var id: String
            var from: Instant
            var to: Instant
        }

        struct Left: Decodable {
            var from: Instant
            var to: Instant
            var reason: String
        }

        var jobs: [Job]
        var left: [Left]?
    }

    static func text(_ json: String, isDryRun: Bool) throws(ExitError) -> String {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(json.utf8)) else {
            throw ExitError(.findings, "The coordinator's answer is not one that this version knows: \(json)")
        }
        let rows = answer.jobs.map { job in
            [job.id, TextTable.moment(job.from), TextTable.moment(job.to), TextTable.length(job.to - job.from)]
        }
        var text = TextTable.text(["JOB", "FROM (UTC)", "TO (UTC)", "LENGTH"], rows, flexible: 0)
        for left in answer.left ?? [] {
            text += TextTable.wrapped("Left out: \(left.from) … \(left.to), \(left.reason).")
        }
        let count = rows.count == 1 ? "1 job" : "\(rows.count) jobs"
        text +=
            isDryRun
            ? "\(count) would be made; nothing was changed.\n"
            : "\(count) made; 'decahose jobs --watch' shows how far it is.\n"
        return text
    }
}
