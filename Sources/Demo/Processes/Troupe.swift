import FoundationEssentials
import Glibc
import Operations

/// All processes of an installation: starts them, kills them on command, and starts again what died by itself.
package final class Troupe {
    /// A process that ended when nobody had asked it to.
    package struct Surprise: Sendable {
        /// Its role.
        package var name: String
        /// How it ended.
        package var end: ChildProcess.End?
        /// The same as the end of a sentence.
        package var endInWords: String
        /// What it wrote at last.
        package var lastWords: String
    }

    private struct Role {
        var arguments: [String]
        var environment: [String: String]
        var process: ChildProcess?
        /// Dead because somebody wants it dead.
        var isMeantToBeDead = false
        var diedAt: ContinuousClock.Instant?
    }

    private let folder: String
    private let executable: String
    private let toleratesEnds: Bool
    private var roles: [String: Role] = [:]
    private var order: [String] = []
    private(set) var restarts = 0
    /// Processes that ended by themselves, where that is tolerated.
    package private(set) var surprises: [Surprise] = []

    /// No process yet.
    ///
    /// - Parameters:
    ///   - folder: Where the processes write.
    ///   - executable: What is run; this very executable by default.
    ///   - toleratesEnds: Whether one that ends by its own decision is started again, as a supervisor does.
    package init(folder: String, executable: String = "/proc/self/exe", toleratesEnds: Bool = false) {
        self.folder = folder
        self.executable = executable
        self.toleratesEnds = toleratesEnds
    }

    deinit {
        for role in roles.values { role.process?.send(SIGKILL) }
    }

    /// Starts a role.
    package func start(_ name: String, _ arguments: [String], _ environment: [String: String]) throws {
        var role = Role(arguments: arguments, environment: environment)
        role.process = try spawn(name, role)
        roles[name] = role
        order.append(name)
    }

    /// Starts a role again that was killed on command.
    package func restart(_ name: String) throws {
        guard var role = roles[name] else { preconditionFailure("no role \(name)") }
        role.process = try spawn(name, role)
        role.isMeantToBeDead = false
        role.diedAt = nil
        roles[name] = role
    }

    /// Ends a role, by `kill -9` unless told otherwise, and it stays dead.
    package func kill(_ name: String, _ signal: Int32 = SIGKILL) {
        roles[name]?.isMeantToBeDead = true
        roles[name]?.process?.send(signal)
    }

    /// The present process of a role.
    package func process(_ name: String) -> ChildProcess? {
        roles[name]?.process
    }

    /// All roles, in the order in which a stranger would read them.
    package var names: [String] { order }

    /// The last lines that every process wrote.
    package func lastWords() -> String {
        order.map { "— \($0):\n\(process($0)?.tail(lines: 6) ?? "")" }.joined(separator: "\n")
    }

    /// Whether the role's process runs.
    package func isRunning(_ name: String) -> Bool {
        roles[name]?.process?.isRunning == true
    }

    /// Starts again, a second later, what was killed by somebody else; gives a line for the story for each.
    ///
    /// - Throws: ``ExitError`` where a process ended by its own decision: that is a fault to be shown, not to be hidden.
    package func superviseOnce() throws -> [String] {
        var story: [String] = []
        for name in roles.keys.sorted() {
            guard let role = roles[name], !role.isMeantToBeDead, let process = role.process, !process.isRunning else {
                continue
            }
            let isDecided = if case .exited = process.end { true } else { false }
            if isDecided, !toleratesEnds {
                throw ExitError(
                    .findings,
                    "'\(name)' ended by itself\(process.endInWords). Its last lines (all in \(process.logPath)):\n"
                        + process.tail(lines: 12)
                )
            }
            guard let diedAt = role.diedAt else {
                roles[name]?.diedAt = .now
                if toleratesEnds {
                    surprises.append(
                        Surprise(
                            name: name,
                            end: process.end,
                            endInWords: process.endInWords,
                            lastWords: process.tail(lines: 12)
                        )
                    )
                }
                story.append(
                    isDecided
                        ? "\(name) ended by itself\(process.endInWords); it is started again in a second"
                        : "\(name) was killed by somebody; it is started again in a second"
                )
                continue
            }
            guard diedAt.duration(to: .now) >= .seconds(1) else { continue }
            try restart(name)
            restarts += 1
            story.append("\(name) runs again")
        }
        return story
    }

    /// SIGTERM to the roles and then to what they stand on, and SIGKILL to those that take longer than `limit`.
    ///
    /// - Parameter foundation: The broker and the upstream: without them the roles could not end in order.
    package func stopAll(foundation: [String], within limit: Duration) {
        stop(order.filter { !foundation.contains($0) }, within: limit)
        stop(foundation.filter { roles[$0] != nil }, within: limit)
    }

    private func stop(_ names: [String], within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        for name in names {
            roles[name]?.isMeantToBeDead = true
            roles[name]?.process?.send(SIGTERM)
        }
        while names.contains(where: isRunning), ContinuousClock.now < deadline { usleep(20000) }
        for name in names { roles[name]?.process?.send(SIGKILL) }
    }

    private func spawn(_ name: String, _ role: Role) throws -> ChildProcess {
        try process(name, role.arguments, role.environment)
    }

    /// Starts a process that is no role, and is not supervised.
    func process(_ name: String, _ arguments: [String], _ environment: [String: String]) throws -> ChildProcess {
        try ChildProcess(
            name: name,
            executable: executable,
            arguments: arguments,
            environment: environment,
            logPath: "\(folder)/\(name.replacing(" ", with: "-")).log"
        )
    }
}
