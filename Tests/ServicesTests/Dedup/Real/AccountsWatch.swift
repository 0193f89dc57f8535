import Foundation
import Operations
import StreamClient
import Synchronization
import Tweets

/// Asks instances for their status all the time that they run.
struct AccountsWatch {
    /// Where the instances say their addresses.
    private final class Logs: Sendable {
        let urls = Mutex<[URL]>([])
    }

    private let logs: Logs
    private let watch: AccountingWatch

    /// Begins to look.
    init() {
        let logs = Logs()
        self.logs = logs
        watch = AccountingWatch {
            logs.urls.withLock(\.self).compactMap(Self.look).reduce(into: nil) { $0 = ($0 ?? []).union($1) }
        }
    }

    /// Looks at one more instance.
    func follow(_ process: DedupProcess) {
        logs.urls.withLock { $0.append(process.output) }
    }

    /// Ends it.
    func end() -> AccountingWatch.Findings { watch.end() }

    /// - Returns: What is not 0; nil where an instance is dead or stands still, or has read nothing and says nothing wrong.
    private static func look(_ log: URL) -> Set<String>? {
        guard let text = try? String(contentsOf: log, encoding: .utf8),
            let address = text.firstMatch(of: /Status is served\..*url=(http:\S+)/)?.1,
            let answer = try? WebRequest(url: address + "/status", timeout: .milliseconds(200)).send(),
            answer.status == 200
        else { return nil }
        let status = String(decoding: answer.body, as: UTF8.self)
        let found = AccountingWatch.unaccounted(in: status)
        return found?.isEmpty == true && status.contains("\"recordsRead\":0,") ? nil : found
    }
}
