import HTTPTypes
import Operations
import Tweets
import World

/// Why a request gets no stream.
struct Refusal: Error, Sendable {
    var status: Int
    var detail: String
    var retryAfter: Int?
    var headers: [(String, String)] = []

    init(_ status: Int, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// The body in the dialect's words.
    func body(_ dialect: StreamDialect, at now: Instant) -> String {
        let text = JSONText.quoted(detail)
        return switch dialect {
        case .gnip: #"{"error":{"message":\#(text),"sent":"\#(now.isoSecond)"}}"# + "\n"
        case .v2: #"{"title":\#(text),"detail":\#(text),"type":"about:blank","status":\#(status)}"# + "\n"
        }
    }
}
