public import Tweets

/// What one generation of the streaming API asks of a client: a row of the table of dialects.
///
/// Source: the "Streaming", "Powerstream", "Decahose" and "Recovery and redundancy" pages of the API's documentation.
public struct DialectContract: Hashable, Sendable {
    /// How a request proves who it is from.
    public enum Authentication: Hashable, Sendable {
        /// HTTP Basic with the console's e-mail address and password.
        case basic
        /// An OAuth 2.0 app-only bearer token.
        case bearer
    }

    /// Where live streams are read, without a slash at the end.
    public let liveBaseURL: String
    /// Where recovery requests go, without a slash at the end.
    public let recoveryBaseURL: String
    /// How requests prove who they are from.
    public let authentication: Authentication
    /// The query parameter that asks for backfill.
    public let backfillParameter: String
    /// The most minutes of backfill that can be asked for.
    public let backfillMinutesMax: Int
    /// The longest time between two heartbeats of a healthy server.
    public let heartbeatInterval: Duration
    /// The read time-out that the documentation asks a client to set, at least.
    public let readTimeout: Duration
    /// Connection requests that the account may make within `requestWindow`, by all hosts and jobs together.
    public let requestsMax: Int
    /// The window of `requestsMax`.
    public let requestWindow: Duration
    /// Whether one recovery request brings all stream partitions.
    public let recoveryCoversAllPartitions: Bool

    /// The rows.
    public static func of(_ dialect: StreamDialect) -> DialectContract {
        switch dialect {
        case .gnip:
            DialectContract(
                liveBaseURL: "https://gnip-stream.twitter.com",
                recoveryBaseURL: "https://gnip-stream.gnip.com",
                authentication: .basic,
                backfillParameter: "backfillMinutes",
                backfillMinutesMax: 5,
                heartbeatInterval: .seconds(10),
                readTimeout: .seconds(30),
                requestsMax: 10,
                requestWindow: .seconds(60),
                recoveryCoversAllPartitions: true
            )
        case .v2:
            DialectContract(
                liveBaseURL: "https://api.x.com",
                recoveryBaseURL: "https://api.x.com",
                authentication: .bearer,
                backfillParameter: "backfill_minutes",
                backfillMinutesMax: 5,
                heartbeatInterval: .seconds(20),
                readTimeout: .seconds(20),
                requestsMax: 50,
                requestWindow: .seconds(15 * 60),
                recoveryCoversAllPartitions: false
            )
        }
    }
}
