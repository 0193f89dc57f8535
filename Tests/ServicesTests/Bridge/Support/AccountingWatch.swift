import Foundation
import Operations
import Synchronization

/// Scrapes a bridge all the time that it runs: every message must be accounted for at every look, not only in the end.
final class AccountingWatch: Sendable {
    /// What the looks have found.
    struct Findings {
        /// Looks at which the bridge had something to say.
        var looks = 0
        /// What was not 0, each once.
        var violations: Set<String> = []
    }

    private struct State {
        var findings = Findings()
        var isStopping = false
        var isStopped = false
    }

    private let metrics: MetricsRegistry
    private let board: StatusBoard
    private let state = Mutex(State())

    /// Begins to look.
    init(metrics: MetricsRegistry, board: StatusBoard) {
        self.metrics = metrics
        self.board = board
        BlockingThread.start(named: "accounting") { self.run() }
    }

    /// Ends it.
    func end() -> Findings {
        state.withLock { $0.isStopping = true }
        while !state.withLock(\.isStopped) { usleep(1000) }
        return state.withLock { $0.findings }
    }

    private func run() {
        while !state.withLock(\.isStopping) {
            look()
            usleep(10_000)
        }
        look()
        state.withLock { $0.isStopped = true }
    }

    private func look() {
        var found: Set<String> = []
        var hasGauge = false
        for line in metrics.prometheusText().split(separator: "\n")
        where line.hasPrefix("decahose_bridge_unaccounted_messages{") {
            hasGauge = true
            if !line.hasSuffix(" 0") { found.insert("/metrics: \(line)") }
        }
        if let document = board.document(at: "/status") {
            let status = String(decoding: document.body(), as: UTF8.self)
            for match in status.matches(of: /"unaccounted":(-?[0-9]+)/) where match.1 != "0" {
                found.insert("/status: \(match.0)")
            }
        }
        state.withLock { state in
            state.findings.looks += hasGauge ? 1 : 0
            state.findings.violations.formUnion(found)
        }
    }
}
