/// A GET whose answer may never end.
public struct StreamRequest: Hashable, Sendable {
    /// How the server is told who asks; the value is a secret.
    public enum Authorization: Hashable, Sendable {
        /// Nothing.
        case none
        /// HTTP Basic.
        case basic(username: String, password: String)
        /// A bearer token.
        case bearer(String)
    }

    /// The address.
    public var url: String
    /// Who asks.
    public var authorization: Authorization
    /// The `User-Agent`, with the version.
    public var userAgent: String
    /// A proxy, as libcurl takes it, with its credentials; nil follows the environment as curl does.
    public var proxy: String?
    /// A file of certificate authorities to trust instead of the system's.
    public var certificateAuthorityFile: String?
    /// How long resolving, connecting and TLS may take.
    public var connectTimeout: Duration
    /// How long a resolved name is used again, in seconds.
    ///
    /// A transfer has its own cache, so this only matters for requests that one transfer makes after a pause; the next
    /// transfer asks the resolver in any case.
    public var nameCacheSeconds: Int

    /// A request with the usual settings.
    public init(url: String, authorization: Authorization = .none, userAgent: String) {
        self.url = url
        self.authorization = authorization
        self.userAgent = userAgent
        connectTimeout = .seconds(15)
        nameCacheSeconds = 30
    }
}
