/// Why a transfer could not begin or did not go on.
public enum TransferError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting that libcurl does not take, such as an address that is none. Retrying will not help.
    case invalidRequest(String)
    /// Name resolution, TCP, TLS or HTTP framing failed; what was not read is lost. Worth a retry.
    case connection(code: Int, String)

    /// libcurl's words; never holds credentials.
    public var description: String {
        switch self {
        case .invalidRequest(let text): text
        case .connection(let code, let text): "\(text) (libcurl error \(code))"
        }
    }

    /// The same without anything variable, for a metric's label.
    public var metricLabel: String {
        switch self {
        case .invalidRequest: "invalid-request"
        case .connection: "connection"
        }
    }
}
