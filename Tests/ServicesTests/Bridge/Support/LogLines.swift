import Logging
import Operations
import Synchronization

/// Log lines as an operator would see them, kept for a test to read.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// A logger that writes here.
    func logger(_ level: Logger.Level = .debug) -> Logger {
        var logger = Logger(label: "bridge") { label in
            LineLogHandler(
                label: label,
                format: .text,
                level: LogLevel(level),
                write: { line in self.lines.withLock { $0.append(line) } }
            )
        }
        logger.logLevel = level
        return logger
    }

    /// Everything so far.
    var all: [String] { lines.withLock(\.self) }

    /// Everything so far, as one text.
    var text: String { all.joined() }
}
