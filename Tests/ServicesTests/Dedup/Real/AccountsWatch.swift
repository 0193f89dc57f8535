import Foundation
import Operations
import StreamClient
import Synchronization
import Tweets

/// Asks instances for their status all the time that they run: every record must be accounted for at every look, not only
/// in the end.
final class AccountsWatch: Sendable {
    /// What the looks have found.
    struct Findings {
        /// Looks that were answered by an instance that had read something.
        var looks = 0
        /// What was not 0, each once.
        var violations: Set<String> = []
    }

    private struct State {
        var findings = Findings()
        /// Where the instances say their addresses.
        var logs: [URL] = []
        var isStopping = false
        var isStopped = false
    }

    private let state = Mutex(State())

    /// Begins to look.
    init() {
        BlockingThread.start(named: "accounts") { self.run() }
    }

    /// Looks at one more instance.
    func follow(_ process: DedupProcess) {
        state.withLock { $0.logs.append(process.output) }
    }

    /// Ends it.
    func end() -> Findings {
        state.withLock { $0.isStopping = true }
        while !state.withLock(\.isStopped) { usleep(1000) }
        return state.withLock { $0.findings }
    }

    private func run() {
        while !state.withLock(\.isStopping) {
            for log in state.withLock(\.logs) { look(log) }
            usleep(20_000)
        }
        state.withLock { $0.isStopped = true }
    }

    private func look(_ log: URL) {
        // One that is dead, or stands still, does not answer.
        guard let text = try? String(contentsOf: log, encoding: .utf8),
            let address = text.firstMatch(of: /Status is served\..*url=(http:\S+)/)?.1,
            let answer = try? WebRequest(url: address + "/status", timeout: .milliseconds(200)).send(),
            answer.status == 200
        else { return }
        let status = String(decoding: answer.body, as: UTF8.self)
        let found = status.matches(of: /"unaccounted":(-?[0-9]+)/).map(\.1)
        let hasRead = !status.contains("\"recordsRead\":0,")
        state.withLock { state in
            state.findings.looks += hasRead && !found.isEmpty ? 1 : 0
            for number in found where number != "0" { state.findings.violations.insert("\(address): \(number)") }
        }
    }
}
