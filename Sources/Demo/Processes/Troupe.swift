import FoundationEssentials
import Glibc
import Operations

/// All processes of the demonstration: starts them, kills them when an act says so, and starts again what died by itself.
final class Troupe {
    private struct Role {
        var arguments: [String]
        var environment: [String: String]
        var process: ChildProcess?
        /// Dead because an act wants it dead.
        var isMeantToBeDead = false
        var diedAt: ContinuousClock.Instant?
    }

    let folder: String
    private var roles: [String: Role] = [:]
    private var order: [String] = []
    private(set) var restarts = 0

    /// Processes write below `folder`.
    init(folder: String) {
        self.folder = folder
    }

    deinit {
        for role in roles.values { role.process?.send(SIGKILL) }
    }

    /// Starts a role.
    func start(_ name: String, _ arguments: [String], _ environment: [String: String]) throws {
        var role = Role(arguments: arguments, environment: environment)
        role.process = try spawn(name, role)
        roles[name] = role
        order.append(name)
    }

    /// Starts a role again that an act has killed.
    func restart(_ name: String) throws {
        guard var role = roles[name] else { preconditionFailure("no role \(name)") }
        role.process = try spawn(name, role)
        role.isMeantToBeDead = false
        role.diedAt = nil
        roles[name] = role
    }

    /// `kill -9`, and it stays dead.
    func kill(_ name: String) {
        roles[name]?.isMeantToBeDead = true
        roles[name]?.process?.send(SIGKILL)
    }

    /// The present process of a role.
    func process(_ name: String) -> ChildProcess? {
        roles[name]?.process
    }

    /// All roles, in the order in which a stranger would read them.
    var names: [String] { order }

    /// Whether the role's process runs.
    func isRunning(_ name: String) -> Bool {
        roles[name]?.process?.isRunning == true
    }

    /// Starts again, a second later, what was killed by somebody else; gives a line for the story for each.
    ///
    /// - Throws: ``ExitError`` where a process ended by its own decision: that is a fault to be shown, not to be hidden.
    func superviseOnce() throws -> [String] {
        var story: [String] = []
        for name in roles.keys.sorted() {
            guard let role = roles[name], !role.isMeantToBeDead, let process = role.process, !process.isRunning else {
                continue
            }
            if case .exited(let code) = process.end {
                throw ExitError(
                    .findings,
                    "'\(name)' ended by itself with exit code \(code). Its last lines (all in \(process.logPath)):\n"
                        + process.tail(lines: 12)
                )
            }
            guard let diedAt = role.diedAt else {
                roles[name]?.diedAt = .now
                story.append("\(name) was killed by somebody; it is started again in a second")
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
    func stopAll(foundation: [String], within limit: Duration) {
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
        try ChildProcess(
            name: name,
            arguments: role.arguments,
            environment: role.environment,
            logPath: "\(folder)/\(name.replacing(" ", with: "-")).log"
        )
    }
}
