/// A bridge's claim to a connection's name (`--take-over`): the older session that reads it closes.
public struct ClaimRecord: Hashable, Sendable, Codable {
    /// Version of this record's form.
    public var version = 1
    /// The redundant connection's name.
    public var connection: String
    /// The stream partition that is claimed.
    public var stream: StreamPartition
    /// The claiming process: host and process number.
    public var host: String
    /// When the claim was written, by the claimant's own clock.
    public var at: Instant

    /// A claim from its fields.
    public init(connection: String, stream: StreamPartition, host: String, at: Instant) {
        self.connection = connection
        self.stream = stream
        self.host = host
        self.at = at
    }

    /// The record's key.
    public var key: ControlKey { ControlKey(.claim, "\(connection):\(stream)") }
}
