public import Tweets

/// Where a stream is read, and what its requests look like; the differences between dialects and products are rows.
///
/// | | live | recovery |
/// |---|---|---|
/// | gnip | `{base}/stream/{product}/accounts/{account}/publishers/twitter/{label}.json?partition=N` | `{base}/replay/…` with `fromDate`, `toDate` |
/// | v2 | `{base}/2/tweets/{product}/stream?partition=N` | the same with `start_time`, `end_time` |
public struct StreamEndpoint: Hashable, Sendable {
    /// Which generation of the API it speaks.
    public let dialect: StreamDialect

    private let product: StreamProduct
    private let account: String
    private let label: String
    private let liveBaseURL: String
    private let recoveryBaseURL: String

    /// An endpoint of an account.
    ///
    /// - Parameters:
    ///   - dialect: The generation of the API.
    ///   - product: What is read.
    ///   - account: The account's name; not used by v2.
    ///   - label: The stream label; not used by v2.
    ///   - baseURL: Where the live stream is, without a slash at the end; nil is the dialect's own.
    ///   - recoveryBaseURL: Where recovery requests go, likewise; nil is `baseURL`, else the dialect's own.
    public init(
        dialect: StreamDialect,
        product: StreamProduct,
        account: String,
        label: String,
        baseURL: String? = nil,
        recoveryBaseURL: String? = nil
    ) {
        let contract = DialectContract.of(dialect)
        self.dialect = dialect
        self.product = product
        self.account = account
        self.label = label
        liveBaseURL = baseURL ?? contract.liveBaseURL
        self.recoveryBaseURL = recoveryBaseURL ?? baseURL ?? contract.recoveryBaseURL
    }

    /// What the dialect asks of a client.
    public var contract: DialectContract { .of(dialect) }

    /// The address of the live stream.
    ///
    /// - Parameters:
    ///   - partition: The stream partition's number, from 1.
    ///   - backfillMinutes: Minutes before the connection to deliver again; 0 asks for none. More than the dialect
    ///     allows is cut to its limit.
    public func liveURL(partition: Int, backfillMinutes: Int) -> String {
        var url: String
        switch dialect {
        case .gnip: url = gnipURL(base: liveBaseURL, service: "stream") + "?partition=\(partition)"
        case .v2: url = "\(liveBaseURL)\(v2Path)?partition=\(partition)"
        }
        let minutes = min(backfillMinutes, contract.backfillMinutesMax)
        if minutes > 0 { url += "&\(contract.backfillParameter)=\(minutes)" }
        return url
    }

    /// The address of a recovery request.
    ///
    /// - Parameters:
    ///   - range: Event time, which the caller has aligned: whole minutes for gnip, whole seconds for v2.
    ///   - partition: The stream partition's number, from 1; gnip delivers all of them on one connection and ignores it.
    public func recoveryURL(range: EventInterval, partition: Int) -> String {
        switch dialect {
        case .gnip:
            gnipURL(base: recoveryBaseURL, service: "replay")
                + "?fromDate=\(range.from.replayMinute)&toDate=\(range.to.replayMinute)"
        case .v2:
            "\(recoveryBaseURL)\(v2Path)?partition=\(partition)"
                + "&start_time=\(range.from.isoSecond)&end_time=\(range.to.isoSecond)"
        }
    }

    private func gnipURL(base: String, service: String) -> String {
        let account = Self.percentEncoded(account)
        let label = Self.percentEncoded(label)
        return "\(base)/\(service)/\(product.rawValue)/accounts/\(account)/publishers/twitter/\(label).json"
    }

    private var v2Path: String { "/2/tweets/\(product.rawValue)/stream" }

    /// A path segment in which everything but unreserved characters is escaped (RFC 3986, section 2.3).
    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }
}
