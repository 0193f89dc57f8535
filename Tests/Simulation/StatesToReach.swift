import Dedup
import Tweets

/// What a long run must have seen: every state of a gap and a job, every step of dedup's transactions, and what else there are
/// rules about.
public enum StatesToReach {
    /// A transaction's step, as dedup's shell takes it.
    enum TransactionStep: String, CaseIterable {
        case begin
        case commit
        case commitAgain = "commit again"
        case abort
        case keep
        case undo
        case rebuild
        case stop

        init?(_ action: DedupTransactionMachine.Action) {
            switch action {
            case .none: return nil
            case .begin: self = .begin
            case .commit: self = .commit
            case .commitAgain: self = .commitAgain
            case .abort: self = .abort
            case .keep: self = .keep
            case .undo: self = .undo
            case .rebuild: self = .rebuild
            case .stopForTwin: self = .stop
            }
        }
    }

    /// Names, as runs count them.
    public static let all: [String] =
        GapRecord.State.allCases.map(name) + JobRecord.State.allCases.filter { !isOutOfReach($0) }.map(name)
        + TransactionStep.allCases.map(name)
        + [
            "blocked restore", "pending offsets", "raw compacted", "changelog expired", "offsets expired",
            "partition refused", "rebuild by hand", "loss", "ledger", "record refused", "backfill lied",
            "too many connections",
        ]

    static func name(_ state: GapRecord.State) -> String { "gap \(state.rawValue)" }

    static func name(_ state: JobRecord.State) -> String { "job \(state.rawValue)" }

    static func name(_ step: TransactionStep) -> String { "transaction \(step.rawValue)" }

    /// Whether nothing here brings a job there: nobody operates a simulation.
    private static func isOutOfReach(_ state: JobRecord.State) -> Bool { state == .paused || state == .cancelled }
}
