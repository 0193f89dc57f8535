import FoundationEssentials
import Glibc
import Operations

/// One process of an installation on this machine; its output goes to a file.
package final class ChildProcess {
    /// How a process ended.
    package enum End: Equatable {
        /// With this exit code.
        case exited(Int32)
        /// By this signal.
        case signaled(Int32)
    }

    let name: String
    let arguments: [String]
    let logPath: String
    let identifier: Int32
    /// How it ended, as soon as somebody has asked whether it runs.
    package private(set) var end: End?

    /// Starts an executable.
    ///
    /// - Throws: ``ExitError`` where the system gives no process.
    init(
        name: String,
        executable: String,
        arguments: [String],
        environment: [String: String],
        logPath: String
    ) throws {
        self.name = name
        self.arguments = arguments
        self.logPath = logPath
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var identifier: pid_t = 0
        let status = Self.withCStrings(["decahose"] + arguments) { argv in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawn(&identifier, executable, &actions, nil, argv, envp)
            }
        }
        guard status == 0 else {
            throw ExitError(.defect, "cannot start '\(name)': \(String(cString: strerror(status)))")
        }
        self.identifier = identifier
    }

    /// Whether it runs; takes note of its end.
    package var isRunning: Bool {
        guard end == nil else { return false }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
        let signal = status & 0x7F
        end = signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
        return false
    }

    /// How it ended, as the end of a sentence; empty while it runs.
    var endInWords: String {
        switch end {
        case .exited(let code): " with exit code \(code)"
        case .signaled(let signal): " by signal \(signal)"
        case nil: ""
        }
    }

    /// Sends a signal, if it still runs.
    package func send(_ signal: Int32) {
        if isRunning { kill(identifier, signal) }
    }

    /// The last lines of its output.
    package func tail(lines count: Int) -> String {
        guard let data = FileManager.default.contents(atPath: logPath) else { return "" }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.suffix(count).joined(separator: "\n")
    }

    /// Everything it wrote.
    package var output: String {
        FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with one element has no base") }
            return body(base)
        }
    }
}
