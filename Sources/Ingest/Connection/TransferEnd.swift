/// How an HTTP transfer ended, in the words of the core.
public enum TransferEnd: Hashable, Sendable {
    /// The server ended the stream.
    case serverClosed
    /// The answer was no stream.
    case http(HTTPAnswer, excerpt: String)
    /// There was no answer, or the connection broke: name resolution, TCP, TLS.
    case network(String)
    /// Something on our side stands in the way and must be mended by a person: a file of credentials, the proxy, the
    /// certificates that are trusted.
    case setup(String)
    /// The compressed body was damaged.
    case badEncoding(String)
    /// We ended it: a time-out of ours, a stop, a takeover.
    case byUs
}
