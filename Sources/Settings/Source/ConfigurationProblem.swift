/// Something wrong in the configuration, with the place to mend it.
public struct ConfigurationProblem: Hashable, Sendable, Encodable, CustomStringConvertible {
    /// Where the text stands: `bridge.toml:12`, an environment variable, or nil where a setting is missing.
    public var origin: String?
    /// The setting.
    public var key: String
    /// What is wrong and what to do.
    public var message: String

    /// A problem from its parts.
    public init(origin: String?, key: String, message: String) {
        self.origin = origin
        self.key = key
        self.message = message
    }

    /// `origin: key: message`.
    public var description: String { (origin.map { "\($0): " } ?? "") + "\(key): \(message)" }
}

/// Everything wrong in a configuration, reported at once; the process exits with 78.
public struct InvalidConfiguration: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    public var problems: [ConfigurationProblem]

    /// An error with these problems.
    public init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
