/// How a process ends; scripts and supervisors act on it.
public enum ProcessExit: Int32, Sendable {
    /// Done.
    case done = 0
    /// A check found something.
    case findings = 1
    /// Usage.
    case usage = 64
    /// Kafka cannot be reached at start after a bounded time.
    case kafkaUnreachable = 69
    /// A defect of ours.
    case defect = 70
    /// Stopped at the time-out with records unacknowledged.
    case unacknowledged = 75
    /// Configuration: a setting, another partition count, a twin of the same name, a refused restore.
    case configuration = 78
}

/// An error that ends the process with a certain code, after its text was printed.
public struct ExitError: Error, Sendable, CustomStringConvertible {
    /// The process's exit code.
    public var code: ProcessExit
    /// What happened, to what, and what to do.
    public var description: String

    /// An error from its parts.
    public init(_ code: ProcessExit, _ description: String) {
        self.code = code
        self.description = description
    }
}
