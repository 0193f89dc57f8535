import Glibc

/// The process's standard output, unbuffered.
public enum StandardOutput {
    /// Writes a text as it is.
    public static let write: @Sendable (String) -> Void = { text in
        FileDescriptorText.write(text, to: STDOUT_FILENO)
    }

    /// Whether somebody looks at it in a terminal.
    public static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
