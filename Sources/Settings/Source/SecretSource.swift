import FoundationEssentials

/// Where a secret comes from: given once, or a file that is read again at every use, so that it can be rotated.
public enum SecretSource: Hashable, Sendable {
    /// Given in the configuration or the environment.
    case value(Secret)
    /// A file that holds it; white space at both ends does not count.
    case file(String)

    /// A secret's file that cannot serve.
    public struct Unreadable: Error, CustomStringConvertible {
        /// The file.
        public var path: String
        /// Why.
        public var reason: String

        /// What happened and to what.
        public var description: String { "cannot read the secret in '\(path)': \(reason)" }
    }

    /// The secret as it is now.
    public func read() throws(Unreadable) -> Secret {
        switch self {
        case .value(let secret): return secret
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Unreadable(path: path, reason: "the file is missing or may not be read by this user")
            }
            let text = String(decoding: data, as: UTF8.self)
            let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
            guard !trimmed.isEmpty else { throw Unreadable(path: path, reason: "the file is empty") }
            return Secret(String(trimmed))
        }
    }
}
