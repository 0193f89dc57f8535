/// What `decahose topics`, `gaps`, `jobs` and the other tools run with.
public struct ToolSettings: Sendable {
    /// What every role needs.
    public var common: CommonSettings
    /// How far back in event time dedup remembers; the topics' retention follows from it.
    public var horizon: Duration
    /// How late after its creation a Tweet may be delivered.
    public var deliverySlack: Duration
    /// The bearer token that a coordinator asks for; nil where none is set.
    public var coordinatorToken: SecretSource?

    /// Reads and checks them.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(_ configuration: Configuration) throws(InvalidConfiguration) {
        var reader = SettingsReader(configuration)
        common = CommonSettings(reader: &reader)
        let api = StreamSettings.API(rawValue: reader.text("stream.api") ?? "") ?? .gnip
        horizon = reader.duration("dedup.horizon") ?? api.recoveryWindow + .seconds(4 * 3600)
        deliverySlack = reader.requiredDuration("stream.delivery_slack")
        coordinatorToken = reader.secret("coordinator.token")
        try reader.finish()
    }
}
