/// What `decahose dedup` runs with.
public struct DedupSettings: Sendable {
    /// What every role needs.
    public var common: CommonSettings
    /// The generation of the API, which decides how far back a recovery can reach.
    public var api: StreamSettings.API
    /// This instance's name.
    public var instance: String
    /// How far back in event time IDs are remembered.
    public var horizon: Duration
    /// Whether the horizon was given, and not taken from the dialect.
    public var horizonOrigin: String?
    /// How long a transaction stays open.
    public var commitInterval: Duration
    /// How late after its creation a Tweet may be delivered.
    public var deliverySlack: Duration
    /// Where health and metrics are served.
    public var listen: ListenAddress

    /// Reads and checks them.
    ///
    /// - Parameter hostName: What `dedup.instance` is where it is not set.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(_ configuration: Configuration, hostName: String) throws(InvalidConfiguration) {
        var reader = SettingsReader(configuration)
        common = CommonSettings(reader: &reader)
        api = StreamSettings.API(rawValue: reader.text("stream.api") ?? "") ?? .gnip
        instance = reader.text("dedup.instance") ?? hostName
        horizon = reader.duration("dedup.horizon") ?? api.recoveryWindow + .seconds(4 * 3600)
        horizonOrigin = reader.origin("dedup.horizon")
        commitInterval = reader.requiredDuration("dedup.commit_interval")
        deliverySlack = reader.requiredDuration("stream.delivery_slack")
        listen = reader.listen(defaultPort: 9102)
        try reader.finish()
    }
}
