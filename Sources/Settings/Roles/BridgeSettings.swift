/// What `decahose bridge` runs with.
public struct BridgeSettings: Sendable {
    /// What every role needs.
    public var common: CommonSettings
    /// The upstream.
    public var stream: StreamSettings
    /// This redundant connection's name.
    public var connection: String
    /// A longer line is oversize, bytes.
    public var maxMessageBytes: Int
    /// How much may wait for Kafka, bytes.
    public var bufferBytes: Int
    /// How long a stop waits for Kafka.
    public var drainTimeout: Duration
    /// Where health and metrics are served.
    public var listen: ListenAddress

    /// Reads and checks them.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(_ configuration: Configuration) throws(InvalidConfiguration) {
        var reader = SettingsReader(configuration)
        common = CommonSettings(reader: &reader)
        stream = StreamSettings(reader: &reader)
        connection = reader.required("bridge.connection", because: "so that copies can be told apart, e.g. a")
        maxMessageBytes = reader.requiredSize("bridge.max_message_bytes")
        bufferBytes = reader.requiredSize("bridge.buffer_bytes")
        drainTimeout = reader.requiredDuration("bridge.drain_timeout")
        listen = reader.listen(defaultPort: 9101)
        try reader.finish()
    }
}

extension SettingsReader {
    /// `http.listen`, else loopback and the role's port.
    func listen(defaultPort: Int) -> ListenAddress {
        text("http.listen").flatMap { try? ValueParser.address($0) }
            ?? ListenAddress(host: "127.0.0.1", port: defaultPort)
    }
}
