import Glibc

/// The process's standard error, unbuffered: a line is one `write`, so that lines of threads do not mix.
public enum StandardError {
    /// Writes a text as it is.
    public static let write: @Sendable (String) -> Void = { text in
        FileDescriptorText.write(text, to: STDERR_FILENO)
    }
}
