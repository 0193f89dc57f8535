import Recovery
import Synchronization
import Tweets

@testable import Services

/// An upstream that answers recovery requests as a test says, without a socket.
final class ScriptedTransfer: RecoveryTransfer {
    private let script: @Sendable (JobRun) -> BackfillOutcome
    private let made = Mutex<[JobRequest]>([])

    init(_ script: @escaping @Sendable (JobRun) -> BackfillOutcome) {
        self.script = script
    }

    /// Brings the whole range at once.
    static func generous() -> ScriptedTransfer {
        ScriptedTransfer { run in
            run.report(
                BackfillProgress(
                    received: 40,
                    acknowledged: 40,
                    newest: run.request.range.to - .milliseconds(1)
                )
            )
            return .endedInOrder
        }
    }

    /// The requests that were made, in order.
    var requests: [JobRequest] { made.withLock { $0 } }

    var problem: String? { nil }

    func open() {}

    func close() -> Int { 0 }

    func perform(_ run: JobRun) -> BackfillOutcome {
        made.withLock { $0.append(run.request) }
        return script(run)
    }
}
