/// What `decahose coordinator` runs with.
public struct CoordinatorSettings: Sendable {
    /// What every role needs.
    public var common: CommonSettings
    /// The upstream that recovers.
    public var stream: StreamSettings
    /// A longer line is oversize, bytes.
    public var maxMessageBytes: Int
    /// How much may wait for Kafka, bytes.
    public var bufferBytes: Int
    /// How many recovery jobs run at once.
    public var maxConcurrentJobs: Int
    /// Recovered Tweets a second; nil is three times the live rate.
    public var recoveryRate: Int?
    /// The bearer token of HTTP requests that change something; nil switches them off.
    public var token: SecretSource?
    /// Where health, metrics and the API are served.
    public var listen: ListenAddress

    /// Reads and checks them.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(_ configuration: Configuration) throws(InvalidConfiguration) {
        var reader = SettingsReader(configuration)
        common = CommonSettings(reader: &reader)
        stream = StreamSettings(reader: &reader)
        maxMessageBytes = reader.requiredSize("bridge.max_message_bytes")
        bufferBytes = reader.requiredSize("bridge.buffer_bytes")
        maxConcurrentJobs = reader.integer("coordinator.max_concurrent_jobs") ?? 2
        recoveryRate = reader.integer("coordinator.recovery_rate")
        token = reader.secret("coordinator.token")
        listen = reader.listen(defaultPort: 9103)
        try reader.finish()
    }
}
