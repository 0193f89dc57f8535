import Glibc

/// Two contenders, run by turns, so that whatever else the machine does meets both.
struct PairedRuns {
    let first: [Run]
    let second: [Run]
    let tweetCount: Int

    /// Two contenders of the bridge.
    init(_ first: any Contender, _ second: any Contender, _ stage: Stage, memberCount: Int, runs: Int) {
        self.init(
            tweetCount: memberCount * stage.body.tweetsPerMember,
            runs: runs,
            { first.run(stage, memberCount: memberCount) },
            { second.run(stage, memberCount: memberCount) }
        )
    }

    /// Two of anything.
    init(tweetCount: Int, runs: Int, _ first: () -> Run, _ second: () -> Run) {
        self.tweetCount = tweetCount
        var firstRuns: [Run] = []
        var secondRuns: [Run] = []
        for number in 0..<runs {
            // Whoever goes second finds the caches as the other left them: take turns in that too.
            if number.isMultiple(of: 2) {
                firstRuns.append(first())
                secondRuns.append(second())
            } else {
                secondRuns.append(second())
                firstRuns.append(first())
            }
        }
        self.first = firstRuns
        self.second = secondRuns
    }

    /// CPU time of each pair's first by that of its second.
    var ratios: Spread { Spread(zip(first, second).map { $0.cpuSeconds / $1.cpuSeconds }) }

    /// Microseconds of CPU a Tweet.
    func microseconds(_ runs: [Run]) -> Spread { Spread(runs.map { $0.cpuSeconds * 1e6 / Double(tweetCount) }) }
}

/// Median, least and most of a few numbers.
struct Spread {
    let median: Double
    let least: Double
    let most: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        least = sorted[0]
        most = sorted[sorted.count - 1]
    }

    func text(_ digits: Int) -> String {
        "\(Self.rounded(median, digits)) (\(Self.rounded(least, digits))–\(Self.rounded(most, digits)))"
    }

    static func rounded(_ value: Double, _ digits: Int) -> String {
        let scale = pow(10, Double(digits))
        let text = String((value * scale).rounded() / scale)
        return digits == 0 ? String(text.dropLast(2)) : text
    }
}
