/// The version that `--version`, the User-Agent and Kafka's client metadata tell.
public enum Version {
    /// By semantic versioning.
    public static let text = "0.1.0"
}
