/// Why compressed bytes cannot be read on.
public enum InflateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes are no gzip, or are damaged; what follows in this stream is lost. A new connection begins anew.
    case damaged(String)

    /// zlib's words.
    public var description: String {
        switch self {
        case .damaged(let text): "the gzip stream is damaged: \(text)"
        }
    }
}
