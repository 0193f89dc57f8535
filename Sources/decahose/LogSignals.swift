import Logging
import Operations
import UnixSignals

/// Changes the level of the log while the process runs: SIGUSR1 shows everything from debug on, SIGUSR2 what `log.level`
/// says.
enum LogSignals {
    /// Follows both signals from now on.
    static func install(_ level: LogLevel, logger: Logger) {
        Task.detached {
            for await signal in await UnixSignalsSequence(trapping: .sigusr1, .sigusr2) {
                // Whoever configured trace does not want less.
                level.current = signal == .sigusr1 ? min(.debug, level.configured) : level.configured
                logger.notice("The level of the log has changed.", metadata: ["level": "\(level.current)"])
            }
        }
    }
}
