import Foundation
public import Kafka

/// A node of its own, on which one user is allowed only what a test allows it; ends with the test process.
public struct AuthorizingBroker: Sendable {
    /// Whether one can be started: a distribution is needed, a broker that runs already will not do.
    public static var isAvailable: Bool { KafkaNode.home != nil }

    /// Where everybody may do everything.
    public let bootstrapServers: String
    private let named: String

    static let user = "stage"
    static let password = "let-me-in"

    /// Starts it; blocks until it answers.
    public init() throws {
        (bootstrapServers, named) = try KafkaNode.startAuthorizing()
    }

    /// The connection of the user that needs permission.
    public var userProperties: KafkaProperties {
        [
            "bootstrap.servers": named, "security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN",
            "sasl.username": "\(Self.user)", "sasl.password": "\(Self.password)",
        ]
    }

    /// Allows the user all on a resource, or takes that back.
    ///
    /// - Parameters:
    ///   - resource: As the tool names it, for example `["--topic", "t.raw"]`.
    ///   - isAllowed: Whether it is allowed, or no longer.
    public func setPermission(_ resource: [String], isAllowed: Bool) throws {
        let verb = isAllowed ? ["--add"] : ["--remove", "--force"]
        try run(verb + ["--allow-principal", "User:\(Self.user)", "--operation", "All"] + resource)
    }

    /// Forbids one operation, which wins over all that is allowed, or no longer forbids it.
    ///
    /// - Parameters:
    ///   - operation: As the tool names it, for example `Write`.
    ///   - resource: As the tool names it.
    ///   - isForbidden: Whether it is forbidden.
    public func setProhibition(_ operation: String, _ resource: [String], isForbidden: Bool) throws {
        let verb = isForbidden ? ["--add"] : ["--remove", "--force"]
        try run(verb + ["--deny-principal", "User:\(Self.user)", "--operation", operation] + resource)
    }

    private func run(_ arguments: [String]) throws {
        guard let home = KafkaNode.home else { throw KafkaNode.Failure(description: "KAFKA_HOME names no Kafka") }
        let tool = Process()
        tool.executableURL = URL(filePath: "\(home)/bin/kafka-acls.sh")
        tool.arguments = ["--bootstrap-server", bootstrapServers] + arguments
        let output = Pipe()
        tool.standardOutput = output
        tool.standardError = output
        try tool.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tool.waitUntilExit()
        guard tool.terminationStatus == 0 else { throw KafkaNode.Failure(description: "kafka-acls.sh: \(text)") }
    }
}
