import FoundationEssentials
public import Tweets

/// The upstream as configured: which stream, where, and with which credentials.
public struct StreamSettings: Sendable {
    /// The generation of the API.
    public enum API: String, Sendable {
        /// Enterprise 2.0.
        case gnip
        /// The v2 endpoints.
        case v2

        /// How far back a recovery can reach.
        ///
        /// Source: the pages of `Replay` (5 days) and of the v2 recovery feature (24 h).
        public var recoveryWindow: Duration {
            switch self {
            case .gnip: .seconds(5 * 86400)
            case .v2: .seconds(86400)
            }
        }
    }

    /// How requests prove who they are.
    public enum Credentials: Hashable, Sendable {
        /// HTTP Basic.
        case basic(username: String, password: SecretSource)
        /// OAuth 2.0, app only.
        case bearer(SecretSource)
    }

    /// The generation of the API.
    public var api: API
    /// What is read.
    public var product: StreamProduct
    /// The account's name; empty for v2.
    public var account: String
    /// The stream label.
    public var label: String
    /// Where the live stream is read, without a slash at the end; nil is the dialect's own.
    public var baseURL: String?
    /// Where recovery jobs go, without a slash at the end; nil is the dialect's own.
    public var recoveryBaseURL: String?
    /// The stream partitions to read, ascending.
    public var partitions: [Int]
    /// Who we are.
    public var credentials: Credentials
    /// Whether a reconnect asks for backfill.
    public var backfill: Bool
    /// No byte for so long: dead.
    public var heartbeatTimeout: Duration
    /// No Tweet for so long: dead.
    public var silenceTimeout: Duration
    /// How late after its creation a Tweet may be delivered.
    public var deliverySlack: Duration
    /// A proxy's URL, perhaps with credentials; nil follows the environment as curl does.
    public var proxy: SecretSource?
    /// Certificate authorities to trust instead of the system's.
    public var certificateAuthorityFile: String?

    init(reader: inout SettingsReader) {
        let api = API(rawValue: reader.text("stream.api") ?? "") ?? .gnip
        self.api = api
        if let product = StreamProduct(rawValue: reader.text("stream.product") ?? "") {
            self.product = product
        } else {
            product = .sample10
            reader.refuse(
                "stream.product",
                "likes are not supported: a like has no Tweet ID of its own, so it cannot be keyed or deduplicated"
            )
        }
        account = api == .gnip ? reader.required("stream.account", because: "for stream.api = gnip") : ""
        label = reader.text("stream.label") ?? "prod"
        baseURL = reader.text("stream.base_url").map(Self.withoutSlash)
        recoveryBaseURL = reader.text("stream.recovery_base_url").map(Self.withoutSlash)
        if let text = reader.text("stream.partitions"),
            let numbers = try? ValueParser.integers(text, in: 1...1000)
        {
            partitions = numbers.sorted()
            // Enterprise compliance has as many partitions as the contract says.
            if product != .compliance, let last = partitions.last, last > product.partitionCount {
                reader.refuse(
                    "stream.partitions",
                    "\(product.rawValue) has partitions 1 to \(product.partitionCount), \(last) is none of them"
                )
            }
        } else {
            partitions = Array(1...product.partitionCount)
        }
        credentials = Self.credentials(api, &reader)
        backfill = reader.boolean("stream.backfill")
        heartbeatTimeout = reader.requiredDuration("stream.heartbeat_timeout")
        silenceTimeout = reader.requiredDuration("stream.silence_timeout")
        deliverySlack = reader.requiredDuration("stream.delivery_slack")
        proxy = reader.secret("stream.proxy")
        certificateAuthorityFile = reader.text("stream.ca_file")
        if let file = certificateAuthorityFile, !FileManager.default.isReadableFile(atPath: file) {
            reader.refuse("stream.ca_file", "'\(file)' is missing or may not be read by this user")
        }
    }

    /// Every stream partition that is read.
    public var streams: [StreamPartition] {
        partitions.map { StreamPartition(product: product, number: $0) }
    }

    private static func credentials(_ api: API, _ reader: inout SettingsReader) -> Credentials {
        switch api {
        case .gnip:
            let username = reader.required("stream.username", because: "for stream.api = gnip")
            let password = reader.secret("stream.password")
            if password == nil {
                reader.refuse("stream.password", "is required for stream.api = gnip; better as stream.password_file")
            }
            return .basic(username: username, password: password ?? .value(Secret("")))
        case .v2:
            let token = reader.secret("stream.bearer_token")
            if token == nil {
                reader.refuse(
                    "stream.bearer_token",
                    "is required for stream.api = v2; better as stream.bearer_token_file"
                )
            }
            return .bearer(token ?? .value(Secret("")))
        }
    }

    private static func withoutSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
