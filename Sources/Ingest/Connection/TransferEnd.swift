/// How an HTTP transfer ended, in the words of the core.
public enum TransferEnd: Hashable, Sendable {
    /// The server ended an answer that had status 200.
    case serverClosed
    /// The answer was an error.
    case http(HTTPAnswer, excerpt: String)
    /// There was no answer, or the connection broke: name resolution, TCP, TLS.
    case network(String)
    /// The compressed body was damaged.
    case badEncoding(String)
    /// We ended it: a time-out of ours, a stop, a takeover.
    case byUs
}
