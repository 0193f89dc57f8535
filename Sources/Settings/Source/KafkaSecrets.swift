/// Which of librdkafka's properties hold secrets: they are masked wherever settings are shown, and `<name>_file` names a
/// file that holds one.
public enum KafkaSecrets {
    /// Whether the value of a property may never be printed.
    public static func contains(_ name: String) -> Bool {
        name.contains("password") || name.contains("secret") || name.hasSuffix("key.pem")
            || ["ssl_key", "sasl.oauthbearer.config"].contains(name)
    }
}
