public import Kafka
public import Settings

extension KafkaProperties {
    /// What the user gave, then what the role needs, which wins.
    ///
    /// - Parameters:
    ///   - common: The user's properties, already checked by ``ProtectedProperties``.
    ///   - clientID: How the client shows in the broker's logs, metrics and quotas, for example `decahose-bridge-a`.
    ///   - ours: The properties that carry the role's promises.
    public static func role(
        _ common: CommonSettings,
        clientID: String,
        _ ours: KafkaProperties = [:]
    ) -> KafkaProperties {
        var properties: KafkaProperties = ["client.id": clientID]
        for property in common.kafka { properties[property.name] = property.value }
        return properties.merging(ours)
    }
}
