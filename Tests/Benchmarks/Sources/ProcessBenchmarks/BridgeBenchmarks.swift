import Glibc

/// The figures of the bridge.
struct BridgeBenchmarks {
    let bridge: BridgeContender
    let stage: Stage
    let options: Options

    /// More than this a Tweet is an allocation that came into the walk; what is left is the work of once a second.
    private static let allocationsMax = 0.05

    /// CPU a Tweet against the least work with the same libraries.
    func floor() {
        let floor = CommandContender.floor(directory: options.directory)
        let runs = PairedRuns(bridge, floor, stage, memberCount: options.memberCount, runs: options.runs)
        report(runs, "bridge, CPU a Tweet", floor.name, goal: "≤ 1.15", isQuotient: true)
    }

    /// Resident memory beside the buffer, which is made small, so that it is full whatever the broker does.
    func memory() {
        var small = bridge
        small.bufferMebibytes = 16
        let runs = (0..<5).map { _ in small.run(stage, memberCount: options.memberCount / 2) }
        let megabytes = Spread(runs.map { Double(($0.residentBytesMax ?? 0) - (16 << 20)) / 1e6 })
        print(
            "bridge, resident memory beside its buffer: \(megabytes.text(1)) MB; goal ≤ 64 MB; \(runs.count) runs"
        )
        fflush(nil)
    }

    /// The same against what somebody would do instead.
    func pipes() {
        pipe(.unkeyedPipe, tools: ["curl", "zcat", "kcat"], members: options.memberCount / 2, goal: "≥ 1.5 × faster")
        pipe(.keyedPipe, tools: ["curl", "zcat", "jq", "kcat"], members: 1, goal: "≥ 10 × faster")
    }

    /// Allocations of ours a Tweet.
    ///
    /// - Returns: Whether there are none.
    func allocations() -> Bool {
        var counted = bridge
        let record = AllocationRecord(directory: options.directory)
        counted.allocations = record
        _ = counted.run(stage, memberCount: options.memberCount)
        let tweets = Double(options.memberCount * stage.body.tweetsPerMember)
        let difference = record.difference
        let ours = Double(difference.ours) / tweets
        let others = Double(difference.others) / tweets
        let isGood = difference.others > 0 && ours <= Self.allocationsMax
        print(
            "bridge, allocations of ours a Tweet: \(Spread.rounded(ours, 3)) (libraries: "
                + "\(Spread.rounded(others, 2))), goal 0.00, limit \(Self.allocationsMax): \(isGood ? "met" : "MISSED")"
        )
        fflush(nil)
        if !isGood {
            for site in difference.sites.prefix(12) {
                print("  \(site.calls) from 0x\(String(site.place, radix: 16)) (addr2line -Cfe \(bridge.decahose))")
            }
        }
        return isGood
    }

    private func pipe(_ pipe: CommandContender, tools: [String], members: Int, goal: String) {
        guard CommandContender.isInstalled(tools) else {
            print("bridge against \(pipe.name): SKIPPED, it needs \(tools.joined(separator: ", "))")
            return
        }
        let runs = PairedRuns(bridge, pipe, stage, memberCount: members, runs: options.runs)
        report(runs, "bridge, CPU a Tweet", pipe.name, goal: goal, isQuotient: false)
    }

    private func report(_ runs: PairedRuns, _ name: String, _ peer: String, goal: String, isQuotient: Bool) {
        let ratio =
            isQuotient ? runs.ratios : Spread(zip(runs.first, runs.second).map { $1.cpuSeconds / $0.cpuSeconds })
        let perSecond = Spread(runs.first.map { Double(runs.tweetCount) / $0.seconds })
        print(
            "\(name): \(runs.microseconds(runs.first).text(1)) µs, \(perSecond.text(0)) Tweets/s; \(peer): "
                + "\(runs.microseconds(runs.second).text(1)) µs; ratio \(ratio.text(2)), goal \(goal); "
                + "\(runs.first.count) pairs, load \(ProcessBenchmarks.loadAverage)"
        )
        fflush(nil)
    }
}
