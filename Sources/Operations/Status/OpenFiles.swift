import Glibc

/// How many files and sockets this process may have open.
public enum OpenFiles {
    /// A role needs about 40 on a cluster of one broker, and up to five more for each further broker.
    static let least: rlim_t = 256

    /// Raises the limit to the most that this process may give itself.
    ///
    /// - Throws: ``ExitError`` with ``ProcessExit/configuration`` where that is too little for a role. Without it libraries
    ///   would end the process somewhere, without a word on why.
    public static func raiseLimit() throws(ExitError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max < least else { return }
        throw ExitError(
            .configuration,
            "This process may open \(limit.rlim_max) files and sockets, which is too few for a role. Give it at least "
                + "\(least): 'ulimit -n' in a shell, LimitNOFILE= in a systemd unit, --ulimit nofile= for a container."
        )
    }
}
