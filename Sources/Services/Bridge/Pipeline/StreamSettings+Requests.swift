import Ingest
import Operations
import Settings
import StreamClient
import Tweets

extension StreamSettings {
    /// The generation of the API, as the cores name it.
    var dialect: StreamDialect {
        switch api {
        case .gnip: .gnip
        case .v2: .v2
        }
    }

    /// Where its requests go.
    var endpoint: StreamEndpoint {
        StreamEndpoint(
            dialect: dialect,
            product: product,
            account: account,
            label: label,
            baseURL: baseURL,
            recoveryBaseURL: recoveryBaseURL
        )
    }

    /// A request with the credentials as they are now: files are read again at every attempt.
    func request(url: String) throws(SecretSource.Unreadable) -> StreamRequest {
        var request = StreamRequest(
            url: url,
            authorization: try .read(credentials),
            userAgent: "decahose/\(Version.text)"
        )
        request.proxy = try proxy?.read().reveal { $0 }
        request.certificateAuthorityFile = certificateAuthorityFile
        return request
    }
}

/// Limits of a bridge that are no settings.
enum BridgeLimits {
    /// How long a recovery that was told to stop waits for Kafka to acknowledge what it read.
    static let recoveryDrain: Duration = .seconds(25)
    /// How long a predecessor's session is watched for a sign of life.
    static let watch: Duration = .seconds(3)
    /// How long the holder of a name that was taken over may take to close.
    static let takeOver: Duration = .seconds(15)
}
