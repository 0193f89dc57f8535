/// A product of the upstream that can be read.
///
/// Likes (`sample10-likes`) are no case: a like has no Tweet ID of its own.
public enum StreamProduct: String, CaseIterable, Sendable, Codable {
    /// The Decahose, a 10 % sample of all public Tweets.
    case sample10
    /// All public Tweets.
    case firehose
    /// Deletes, scrubs and withholdings.
    case compliance

    /// How many stream partitions the product has.
    ///
    /// Source: the tables of the product's documentation; enterprise compliance has as many as the contract says.
    public var partitionCount: Int {
        switch self {
        case .sample10: 2
        case .firehose: 20
        case .compliance: 4
        }
    }

    /// Whether its records carry a creation time of their own, so that coverage is event time.
    public var carriesTweets: Bool { self != .compliance }
}
