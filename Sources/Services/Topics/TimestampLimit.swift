/// How a cluster names its limit on the distance between a record's timestamp and its own clock.
///
/// One record outside the limit fails its whole batch, so the topics are created without a limit of their own, whatever
/// the cluster's default is. The name changed in 3.6 (KIP-937), and the old one is gone in 4.0.
public enum TimestampLimit: Equatable, Sendable {
    /// `message.timestamp.difference.max.ms`, before 3.6.
    case difference
    /// `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`, from 3.6 on.
    case beforeAndAfter

    /// The settings that say "no limit".
    var settings: [TopicSpecification.Setting] {
        let unlimited = "\(Int64.max)"
        return switch self {
        case .difference:
            [.init(name: "message.timestamp.difference.max.ms", value: unlimited)]
        case .beforeAndAfter:
            [
                .init(name: "message.timestamp.before.max.ms", value: unlimited),
                .init(name: "message.timestamp.after.max.ms", value: unlimited),
            ]
        }
    }
}
