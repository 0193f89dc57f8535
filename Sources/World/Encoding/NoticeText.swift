import Tweets

/// The lines that are about a Tweet or user rather than one.
enum NoticeText {
    static func delete(_ id: TweetID, at time: Instant, author: UInt64, _ shape: TweetShape) -> String {
        switch shape {
        case .native:
            #"{"delete":{"status":{"id":\#(id),"id_str":"\#(id)","user_id":\#(author),"user_id_str":"\#(author)"},"#
                + #""timestamp_ms":"\#(time.milliseconds)"}}"#
        case .activityStreams:
            #"{"objectType":"activity","verb":"delete","actor":{"id":"id:twitter.com:\#(author)"},"#
                + #""id":"tag:search.twitter.com,2005:\#(id)","#
                + #""object":{"objectType":"note","id":"object:search.twitter.com,2005:\#(id)"},"timestampMs":"\#(time)"}"#
        case .v2:
            #"{"data":{"delete":{"event_at":"\#(time)","tweet":{"id":"\#(id)","author_id":"\#(author)"}}}}"#
        }
    }

    static func event(
        _ kind: ComplianceEventKind,
        _ id: TweetID,
        at time: Instant,
        author: UInt64,
        _ shape: TweetShape
    ) -> String {
        switch shape {
        case .native:
            let tail = #""timestamp_ms":"\#(time.milliseconds)""#
            return switch kind {
            case .scrubGeo:
                #"{"scrub_geo":{"user_id":\#(author),"user_id_str":"\#(author)","up_to_status_id":\#(id),"#
                    + #""up_to_status_id_str":"\#(id)",\#(tail)}}"#
            case .statusWithheld:
                #"{"status_withheld":{"status":{"id":\#(id),"id_str":"\#(id)"},"user_id":\#(author),"#
                    + #""withheld_in_countries":["XY"],\#(tail)}}"#
            case .drop, .undrop:
                #"{"\#(kind.rawValue)":{"status":{"id":\#(id),"id_str":"\#(id)"},\#(tail)}}"#
            case .userWithheld, .userDelete, .userProtect, .userSuspend:
                #"{"\#(kind.rawValue)":{"id":\#(author),"id_str":"\#(author)",\#(tail)}}"#
            }
        case .activityStreams:
            return #"{"objectType":"activity","verb":"\#(kind.rawValue)","actor":{"id":"id:twitter.com:\#(author)"},"#
                + #""object":{"id":"object:search.twitter.com,2005:\#(id)"},"timestampMs":"\#(time)"}"#
        case .v2:
            let tweet = #""tweet":{"id":"\#(id)","author_id":"\#(author)"}"#
            let user = #""user":{"id":"\#(author)"}"#
            return switch kind {
            case .statusWithheld, .drop, .undrop:
                #"{"data":{"\#(v2Name(kind))":{"event_at":"\#(time)",\#(tweet)}}}"#
            case .scrubGeo, .userWithheld, .userDelete, .userProtect, .userSuspend:
                #"{"data":{"\#(v2Name(kind))":{"event_at":"\#(time)",\#(user)}}}"#
            }
        }
    }

    private static func v2Name(_ kind: ComplianceEventKind) -> String {
        switch kind {
        case .statusWithheld, .userWithheld: "withheld"
        default: kind.rawValue
        }
    }
}
