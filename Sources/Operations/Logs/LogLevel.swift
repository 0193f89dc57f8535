public import Logging
import Synchronization

/// The level that the lines of a process must have to be written; it can change while the process runs.
public final class LogLevel: Sendable {
    private let index: Atomic<Int>
    /// As configured.
    public let configured: Logger.Level

    /// A level as configured.
    public init(_ level: Logger.Level) {
        configured = level
        index = Atomic(Self.index(of: level))
    }

    /// The level in force.
    public var current: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int {
        guard let index = Logger.Level.allCases.firstIndex(of: level) else { preconditionFailure("\(level)") }
        return index
    }
}
