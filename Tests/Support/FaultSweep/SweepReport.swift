import Demo
import Operations

/// What a sweep struck, and what came out.
public struct SweepReport: CustomStringConvertible {
    let seed: UInt64
    let strikes: StrikeCounts
    let comparison: Comparison
    /// Gaps that were still open when the wait was over.
    let openGaps: Int
    /// Gaps that nothing can fill.
    let lostGaps: Int
    let gaps: Int
    let surprises: [Troupe.Surprise]
    let seconds: Int
    let folder: String

    /// Tweets of the upstream that are neither delivered nor deleted.
    public var missing: Int { comparison.missing.count }
    /// Deliveries beyond the first.
    public var duplicated: Int { comparison.duplicated }
    /// `kill -9`, all roles together.
    public var kills: Int { strikes.kills }
    /// Tweets that the upstream sent.
    public var sent: Int { comparison.sent }

    /// Whether nothing is missing, nothing came twice or came back, no gap is left, and no process ended by itself.
    public var passed: Bool {
        missing == 0 && duplicated == 0 && comparison.resurrected == 0 && comparison.misKeyed == 0
            && comparison.sent > 0 && openGaps == 0 && lostGaps == 0 && unexpected.isEmpty
    }

    /// A role that finds no broker at its start ends with this after a while, for its supervisor to start it again.
    private static let withoutKafka = ChildProcess.End.exited(ProcessExit.kafkaUnreachable.rawValue)

    /// Processes that ended by themselves, and not for want of a broker that was struck.
    private var unexpected: [Troupe.Surprise] {
        surprises.filter { !($0.end == Self.withoutKafka && strikes.hasStruck(FaultSweep.brokerName)) }
    }

    /// The figures, for people.
    public var description: String {
        var lines = [
            "seed \(seed), \(seconds) s",
            "kills:     \(strikes.kills) (\(strikes.text(.kill)))",
            "stopped:   \(strikes.total(.stop)) (\(strikes.text(.stop)))",
            "SIGTERM:   \(strikes.total(.terminate)) (\(strikes.text(.terminate)))",
            "no broker at their start, started again: \(surprises.count - unexpected.count)",
            "gaps:      \(gaps), of which \(openGaps) are open and \(lostGaps) unrecoverable",
            "sent:      \(comparison.sent)",
            "delivered: \(comparison.delivered), and \(comparison.deletedBeforeDelivery) deleted before they came",
            "\(missing) missing, \(duplicated) duplicated, \(comparison.resurrected) resurrected, "
                + "\(comparison.misKeyed) under a wrong key",
        ]
        lines += comparison.missingExamples.map { "missing: \($0)" }
        for surprise in unexpected {
            lines.append(
                "\(surprise.name) ended by itself\(surprise.endInWords). Its last lines:\n\(surprise.lastWords)"
            )
        }
        if !passed { lines.append("The output of all processes: \(folder)") }
        return lines.joined(separator: "\n")
    }
}
