import Ingest
import Settings
import StreamClient
import Tweets

extension TransferEnd {
    /// A transfer that broke or could not begin, with what a person can do about it where it is ours to mend.
    init(_ error: TransferError, settings: StreamSettings) {
        switch error {
        case .invalidRequest:
            self = .setup("\(error). Check stream.base_url, stream.proxy and stream.ca_file")
        case .connection(let code, let text):
            if let advice = ConnectionAdvice.mending(libcurl: code, text, settings) {
                self = .setup("\(error). \(advice)")
            } else {
                self = .network("\(error)")
            }
        }
    }
}

/// What a person can do about a failure, in the names of the settings.
enum ConnectionAdvice {
    /// For errors that waiting does not mend, by libcurl's number; nil for all others.
    ///
    /// Source: the list of error codes in libcurl-errors(3).
    static func mending(libcurl code: Int, _ text: String, _ settings: StreamSettings) -> String? {
        switch code {
        case 5:
            return "The proxy's name cannot be resolved: check \(proxy(settings))"
        case 7 where settings.proxy != nil:
            return "Nobody takes the connection at the proxy, or the proxy cannot reach the upstream: check "
                + proxy(settings)
        case 56 where text.contains("407"):
            return "The proxy wants other credentials: check \(proxy(settings))"
        case 58, 60, 77, 83:
            let file = settings.certificateAuthorityFile
            return "The server's certificate is not trusted by "
                + (file.map { "stream.ca_file ('\($0)')" } ?? "the system's certificate authorities")
                + ". If a proxy or the upstream has a private authority, name its PEM file as stream.ca_file; else check "
                + "stream.base_url and this host's clock"
        case 97:
            return "The proxy refused the connection: check \(proxy(settings))"
        default:
            return nil
        }
    }

    /// For an answer that refuses the request; nil where there is nothing to do but wait.
    static func mending(status: Int, _ settings: StreamSettings) -> String? {
        switch status {
        case 401, 403: "check \(credentials(settings))"
        case 404: "check stream.account, stream.label, stream.product and stream.base_url"
        case 406: "the upstream's words say what it does not accept; a proxy that removes Accept-Encoding does this too"
        case 407: "the proxy wants other credentials: check \(proxy(settings))"
        case 300..<400: "set stream.base_url to the address that is meant"
        case 400..<500 where status != 429 && status != 420:
            "check stream.product, stream.partitions and whether the contract has backfill (stream.backfill)"
        default: nil
        }
    }

    /// The settings that hold the credentials, with the file's path.
    static func credentials(_ settings: StreamSettings) -> String {
        switch settings.credentials {
        case .basic(_, let password):
            "stream.username and \(place(password, "stream.password"))"
        case .bearer(let token):
            place(token, "stream.bearer_token")
        }
    }

    private static func proxy(_ settings: StreamSettings) -> String {
        settings.proxy.map { place($0, "stream.proxy") } ?? "HTTPS_PROXY in the environment"
    }

    private static func place(_ source: SecretSource, _ name: String) -> String {
        switch source {
        case .value: "\(name) (a change needs a restart; \(name)_file does not)"
        case .file(let path): "\(name)_file ('\(path)', read again at every attempt, a change is tried at once)"
        }
    }
}
