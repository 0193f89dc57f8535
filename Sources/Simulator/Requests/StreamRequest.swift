import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Tweets
import World

/// A request for a stream, read from its URL and headers.
struct StreamRequest: Sendable {
    enum Range: Sendable {
        /// From now on, and this many minutes of the past.
        case live(backfillMinutes: Int)
        /// A Replay or a v2 recovery.
        case recovery(EventInterval)
    }

    var dialect: StreamDialect
    var product: StreamProduct
    /// From 1; 0 covers all.
    var partition: Int
    var range: Range
    var acceptsGzip: Bool
    /// The name that the client gives to its connection; a convenience of the simulator.
    var name: String?
    var userAgent: String

    var role: StreamRole {
        if case .recovery = range { return .recovery }
        return product == .compliance ? .compliance : .live
    }
}

/// What a URL asks for.
enum StreamPath: Sendable, Equatable {
    case live(StreamDialect, product: String)
    case replay(product: String)

    init?(_ path: String) {
        let parts = path.split(separator: "/").map(String.init)
        if parts.count == 7, parts[2] == "accounts", parts[4] == "publishers", parts[5] == "twitter",
            parts[6].hasSuffix(".json")
        {
            switch parts[0] {
            case "stream": self = .live(.gnip, product: parts[1])
            case "replay": self = .replay(product: parts[1])
            default: return nil
            }
        } else if parts.count == 4, parts[0] == "2", parts[1] == "tweets", parts[3] == "stream" {
            self = .live(.v2, product: parts[2])
        } else {
            return nil
        }
    }

    var dialect: StreamDialect {
        switch self {
        case .live(let dialect, _): dialect
        case .replay: .gnip
        }
    }

    var product: String {
        switch self {
        case .live(_, let product), .replay(let product): product
        }
    }
}
