import Glibc

/// A way to strike a process.
enum Strike: Int, CaseIterable {
    /// `kill -9`.
    case kill
    /// SIGSTOP, and SIGCONT later.
    case stop
    /// SIGTERM.
    case terminate

    /// Which case each side of the die shows.
    static let weights = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2]

    var signal: Int32 {
        switch self {
        case .kill: SIGKILL
        case .stop: SIGSTOP
        case .terminate: SIGTERM
        }
    }
}

/// How often each role was struck in each way.
struct StrikeCounts: Sendable {
    private var counts: [Strike: [String: Int]] = [:]

    mutating func add(_ way: Strike, _ name: String) { counts[way, default: [:]][name, default: 0] += 1 }

    var kills: Int { total(.kill) }
    var others: Int { total(.stop) + total(.terminate) }

    func hasStruck(_ name: String) -> Bool { counts.values.contains { $0[name] != nil } }

    /// For example `12 bridge a, 9 dedup 1`.
    func text(_ way: Strike) -> String {
        let roles = (counts[way] ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return roles.isEmpty ? "none" : roles.joined(separator: ", ")
    }

    func total(_ way: Strike) -> Int { counts[way]?.values.reduce(0, +) ?? 0 }
}
