import Tweets

/// The lines of the simulated stream: short ones of every shape, which the production's framer and scanner read.
enum UpstreamLines {
    /// Longer lines go to the deadletter topic.
    static let lineBytesMax = 400
    /// Longer lines are not held.
    static let memoryBytesMax = 1600

    /// How a Tweet's line is.
    enum Size {
        case usual
        /// Beyond `lineBytesMax`.
        case oversize
        /// Beyond `memoryBytesMax`.
        case overflow
    }

    /// A Tweet's line, without its end; every copy is the same.
    static func append(tweet id: UInt64, _ size: Size = .usual, to bytes: inout [UInt8]) {
        switch Dice.mix(id) % 3 {
        case 0:
            bytes.append(contentsOf: #"{"user":{"id_str":"12"},"id_str":""#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #"","id":"#.utf8)
            append(id, to: &bytes)
        case 1:
            bytes.append(
                contentsOf:
                    #"{"verb":"post","object":{"id":"object:search.twitter.com,2005:9"},"id":"tag:search.twitter.com,2005:"#
                    .utf8
            )
            append(id, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        default:
            bytes.append(contentsOf: #"{"data":{"text":"\u00e9","id":""#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #""}"#.utf8)
        }
        let padding =
            switch size {
            case .usual: 0
            case .oversize: lineBytesMax
            case .overflow: memoryBytesMax
            }
        if padding > 0 {
            bytes.append(contentsOf: #","padding":""#.utf8)
            bytes.append(contentsOf: repeatElement(0x2E, count: padding))
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// The notice of a Tweet's delete.
    static func append(deleteOf id: UInt64, to bytes: inout [UInt8]) {
        switch Dice.mix(id) % 3 {
        case 0:
            bytes.append(contentsOf: #"{"delete":{"status":{"user_id":3,"id":"#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #","id_str":""#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #""}}}"#.utf8)
        case 1:
            bytes.append(contentsOf: #"{"verb":"delete","id":"tag:search.twitter.com,2005:"#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #""}"#.utf8)
        default:
            bytes.append(contentsOf: #"{"data":{"delete":{"tweet":{"id":""#.utf8)
            append(id, to: &bytes)
            bytes.append(contentsOf: #""}}}}"#.utf8)
        }
    }

    /// Lines that are no Tweet and no delete: notices, compliance events, and what nobody knows.
    static let junk: [String] = [
        #"{"scrub_geo":{"user_id":14,"user_id_str":"14","up_to_status_id":7}}"#,
        #"{"user_withheld":{"id":17,"withheld_in_countries":["XY"]}}"#,
        #"{"limit":{"track":12}}"#,
        #"{"info":{"message":"something new"}}"#,
        #"{"unheard_of":{"id_str":"77"}}"#,
        #"{"id_str":"12","id_str":"13"}"#,
        #"not json at all"#,
        #"{"id_str":"1","#,
        "\u{0}",
        #"[1,2,3]"#,
    ]

    static let farewells: [String] = [
        #"{"error":{"message":"Forced Disconnect: Too many connections. (Allowed Connections = 2)"}}"#,
        #"{"error":{"message":"Force closing connection because it reached the maximum allowed backup (buffer size is 9)"}}"#,
        #"{"error":{"message":"This stream is closing for operational reasons"}}"#,
        #"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}"#,
    ]

    private static func append(_ id: UInt64, to bytes: inout [UInt8]) {
        TweetID(id)?.withDecimal { bytes.append(contentsOf: $0) }
    }
}
