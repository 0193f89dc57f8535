import Dispatch
import Foundation
import Operations
import Synchronization

/// Looks at a role all the time that it runs: everything must be accounted for at every look, not only in the end.
final class AccountingWatch: Sendable {
    /// What the looks have found.
    struct Findings {
        /// Looks at which there was something to say.
        var looks = 0
        /// What was not 0, each once.
        var violations: Set<String> = []
    }

    private let findings = Mutex(Findings())
    private let stopping = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// Begins to look, once more when it is to end.
    ///
    /// - Parameter look: Tells what is not 0; nil where there is nothing to say.
    init(_ look: @escaping @Sendable () -> Set<String>?) {
        BlockingThread.start(named: "accounting") { [self] in
            repeat { take(look()) } while stopping.wait(timeout: .now() + .milliseconds(10)) == .timedOut
            take(look())
            stopped.signal()
        }
    }

    /// Ends it.
    func end() -> Findings {
        stopping.signal()
        stopped.wait()
        return findings.withLock(\.self)
    }

    private func take(_ found: Set<String>?) {
        guard let found else { return }
        findings.withLock { findings in
            findings.looks += 1
            findings.violations.formUnion(found)
        }
    }

    /// What a `/status` does not account for; nil where it says nothing of it.
    static func unaccounted(in status: String) -> Set<String>? {
        let found = status.matches(of: /"unaccounted":(-?[0-9]+)/)
        return found.isEmpty ? nil : Set(found.filter { $0.1 != "0" }.map { "/status: \($0.0)" })
    }
}

extension AccountingWatch {
    /// Scrapes a bridge in this process.
    convenience init(metrics: MetricsRegistry, board: StatusBoard) {
        self.init { Self.look(metrics, board) }
    }

    private static func look(_ metrics: MetricsRegistry, _ board: StatusBoard) -> Set<String>? {
        var found: Set<String> = []
        var hasGauge = false
        for line in metrics.prometheusText().split(separator: "\n")
        where line.hasPrefix("decahose_bridge_unaccounted_messages{") {
            hasGauge = true
            if !line.hasSuffix(" 0") { found.insert("/metrics: \(line)") }
        }
        if let document = board.document(at: "/status") {
            found.formUnion(unaccounted(in: String(decoding: document.body(), as: UTF8.self)) ?? [])
        }
        // What is wrong counts, whatever else is missing.
        return hasGauge || !found.isEmpty ? found : nil
    }
}
