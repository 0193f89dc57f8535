import Glibc

/// A process that was started to be measured, or to be measured with.
final class ChildProcess: Sendable {
    let id: pid_t
    private let output: Int32

    /// What is left of a process.
    struct End: Sendable {
        /// The exit code, or 128 and the signal's number.
        let status: Int32
        /// User and system time of its whole life, with that of the children it waited for.
        let cpuSeconds: Double
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program's path, then its arguments.
    ///   - environment: Added to a few of this process's variables.
    ///   - errors: Where standard error goes; nothing is worth reading until something fails.
    init(_ arguments: [String], environment: [String: String] = [:], errors: String = "/dev/null") {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        var variables = environment
        for name in ["PATH", "HOME", "TMPDIR"] {
            if let value = getenv(name), variables[name] == nil { variables[name] = String(cString: value) }
        }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var id = pid_t()
        let status = posix_spawn(&id, arguments[0], &actions, nil, &argv, &envp)
        for text in argv + envp { free(text) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        if status != 0 {
            stop("'\(arguments[0])' cannot be started: \(String(cString: strerror(status)))")
        }
        self.id = id
        output = ends[0]
    }

    deinit { close(output) }

    /// The next line of its standard output without the line's end; nil at the end of it.
    func readLine() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// User and system time so far, of all its threads.
    var cpuSeconds: Double { Self.cpuSeconds(of: id) }

    /// The same of any process.
    static func cpuSeconds(of id: pid_t) -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Whether it has not ended yet; leaves it to be waited for.
    var isRunning: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT) == 0
            && information._sifields._sigchld.si_pid == 0
    }

    /// The most memory it ever had resident, bytes.
    ///
    /// Not `ru_maxrss`, which begins with what the process that started it had.
    var residentBytesMax: Int { statusBytes("VmHWM:") }

    /// The memory that it has resident now, bytes.
    var residentBytes: Int { statusBytes("VmRSS:") }

    private func statusBytes(_ name: String) -> Int {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let file = open("/proc/\(id)/status", O_RDONLY)
        defer { close(file) }
        let count = max(0, read(file, &bytes, bytes.count))
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
            return (Int(line.dropFirst(name.count).filter(\.isNumber)) ?? 0) * 1024
        }
        return 0
    }

    func signal(_ number: Int32) { kill(id, number) }

    /// Waits for its end.
    func wait() -> End {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(id, &status, 0, &usage) < 0, errno == EINTR { continue }
        let signal = status & 0x7F
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return End(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime)
        )
    }
}

/// Ends the benchmark: what cannot be measured must not look as if it had been.
func stop(_ reason: String) -> Never {
    complain(reason)
    exit(1)
}

/// Says something on standard error.
func complain(_ text: String) {
    let line = Array("ProcessBenchmarks: \(text)\n".utf8)
    write(2, line, line.count)
}
