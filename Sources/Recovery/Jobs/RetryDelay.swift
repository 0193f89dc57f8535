/// How long to wait before a recovery request is made again.
///
/// | failure | first | then | at most |
/// | --- | --- | --- | --- |
/// | connection error | 250 ms | + 250 ms | 16 s |
/// | HTTP 5xx, ended early, minutes failed | 5 s | doubling | 320 s |
/// | HTTP 429, 401, 403 | 60 s | doubling | 1 h |
///
/// Source: "Consuming streaming data", disconnections and reconnecting. An attempt that brought the job forward starts
/// its table again.
public enum RetryDelay: Hashable, Sendable, CaseIterable {
    /// The connection could not be made or broke.
    case connection
    /// The server failed, or ended early.
    case server
    /// The server asked for patience, or refused the credentials.
    case refusal

    /// The wait before the next attempt.
    ///
    /// - Parameter failures: Failures in a row without progress, at least 1.
    public func delay(afterFailures failures: Int) -> Duration {
        precondition(failures >= 1, "\(failures) failures")
        switch self {
        case .connection:
            return min(.milliseconds(250) * failures, .seconds(16))
        case .server:
            return min(.seconds(5) * (1 << min(failures - 1, 16)), .seconds(320))
        case .refusal:
            return min(.seconds(60) * (1 << min(failures - 1, 16)), .seconds(3600))
        }
    }
}
