/// The two generations of the streaming API; what differs between them is a row in a table, never an `if`.
public enum StreamDialect: String, CaseIterable, Sendable, Codable {
    /// The enterprise API 2.0.
    case gnip
    /// The API v2.
    case v2
}
