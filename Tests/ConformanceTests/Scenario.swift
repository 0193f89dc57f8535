import Testing

/// One play against a log, with what is seen while it is played.
struct Scenario: Sendable, CustomTestStringConvertible {
    var name: String
    var topic = TopicShape()
    /// Whether the broker must be quicker with its chores than one is by itself.
    var needsOwnNode = false
    /// What is to be seen, a line an observation.
    var expected: [String]
    var play: @Sendable (Play) throws -> Void

    var testDescription: String { name }

    /// Plays it.
    ///
    /// - Returns: What was seen.
    func seen(on log: any LogUnderTest) throws -> [String] {
        let play = Play(log, partitions: topic.partitions)
        try self.play(play)
        return play.lines
    }
}

/// A scenario at work: the log, and what was seen of it.
final class Play {
    let log: any LogUnderTest
    private let partitions: Int
    private(set) var lines: [String] = []

    init(_ log: any LogUnderTest, partitions: Int) {
        self.log = log
        self.partitions = partitions
    }

    /// Does something, and notes why it was refused, if it was.
    func attempt(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
            lines.append("\(what): done")
        } catch let refusal as Refusal {
            lines.append("\(what): \(refusal)")
        }
    }

    /// Notes what an answer was.
    func note(_ what: String, _ body: () throws -> (some CustomStringConvertible)?) throws {
        do {
            lines.append("\(what): \(try body().map(\.description) ?? "none")")
        } catch let refusal as Refusal {
            lines.append("\(what): \(refusal)")
        }
    }

    /// Notes of each partition its ends and what the readers of both isolation levels see.
    ///
    /// Those of committed records are told only where they see something else.
    func look(_ moment: String) throws {
        for partition in 0..<partitions {
            let ends = try log.ends(of: partition)
            let all = try seen(partition, .uncommitted, from: ends.low)
            let committed = try seen(partition, .committed, from: ends.low)
            let place = partitions == 1 ? moment : "\(moment), \(partition)"
            lines.append("\(place) [\(ends)]\(all)")
            if committed != all { lines.append("  committed\(committed)") }
        }
    }

    private func seen(_ partition: Int, _ isolation: Isolation, from offset: Int64) throws -> String {
        do {
            return try log.read(partition, isolation, from: offset).map { " \($0)" }.joined()
        } catch let refusal as Refusal {
            return " \(refusal)"
        }
    }
}
