import Foundation
import Glibc
import Kafka

/// A node of its own that can be killed and started again with what is on its disk; ends with the test process.
public final class MortalBroker {
    /// Whether one can be started: a distribution is needed, a broker that runs already will not do.
    public static var isAvailable: Bool { KafkaNode.home != nil }

    /// Its address, the same in each of its lives.
    public let bootstrapServers: String
    private let folder: String
    private var life: (shell: Process, lifeline: Int32)?

    /// Starts it; blocks until it answers.
    ///
    /// - Parameters:
    ///   - host: The address that it listens on.
    ///   - data: Where its log is; a folder of its own by default.
    ///   - settings: More lines of its configuration.
    public init(host: String = "127.0.0.1", data: String? = nil, settings: String = "") throws {
        folder = NSTemporaryDirectory() + "decahose-kafka-\(UUID().uuidString)"
        bootstrapServers = try KafkaNode.prepare(
            folder: folder,
            data: data ?? "\(folder)/data",
            host: host,
            named: nil,
            KafkaNode.settings + settings
        )
        try start()
        try awaitAnswer()
    }

    deinit {
        end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The process that is the node; nil while it is dead.
    public var identifier: Int32? {
        guard life != nil, let text = try? String(contentsOfFile: "\(folder)/node.pid", encoding: .utf8) else {
            return nil
        }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Whether the node's process is there.
    public var isRunning: Bool { identifier.map { Glibc.kill($0, 0) == 0 && !Self.isZombie($0) } ?? false }

    /// Whether it answers now.
    public var isAnswering: Bool {
        guard life != nil, let admin = try? KafkaAdmin(["bootstrap.servers": bootstrapServers], observer: .silent),
            let metadata = try? admin.metadata(timeout: .milliseconds(300))
        else { return false }
        return !metadata.brokers.isEmpty
    }

    /// What it wrote.
    public var output: String { (try? String(contentsOfFile: "\(folder)/output.log", encoding: .utf8)) ?? "" }

    /// `kill -9`, and waits for its end; what is on its disk stays.
    public func kill() {
        _ = FileManager.default.createFile(atPath: "\(folder)/kept", contents: nil)
        end()
    }

    /// Starts it again; does not wait.
    public func start() throws {
        precondition(life == nil, "the broker lives")
        life = try KafkaNode.launch(folder: folder)
    }

    /// Blocks until it answers.
    public func awaitAnswer() throws { try KafkaNode.awaitAnswer(bootstrapServers, folder: folder) }

    private func end() {
        guard let life else { return }
        close(life.lifeline)
        life.shell.waitUntilExit()
        self.life = nil
    }

    private static func isZombie(_ identifier: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)) ?? ""
        return status.contains("State:\tZ")
    }
}
