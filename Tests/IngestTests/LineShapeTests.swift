import Ingest
import Testing
import Tweets

/// A row of "What a line can be": the fields of the top level, and what the line means in whatever order they come.
struct LineShape: Sendable, CustomTestStringConvertible {
    let name: String
    let fields: [String]
    let expected: StreamMessage

    init(_ name: String, _ expected: StreamMessage, _ fields: String...) {
        self.name = name
        self.fields = fields
        self.expected = expected
    }

    var testDescription: String { name }

    /// The line with its fields in the order given, in every rotation, and all of that backwards and spaced out.
    var lines: [String] {
        let rotations = fields.indices.map { Array(fields[$0...] + fields[..<$0]) }
        let orders = rotations + rotations.map { Array($0.reversed()) }
        return orders.flatMap { order in
            ["{" + order.joined(separator: ",") + "}", " {\t" + order.joined(separator: " ,\t") + " } "]
        }
    }
}

private func tweet(_ id: UInt64) -> StreamMessage { TweetID(id).map(StreamMessage.tweet) ?? .unknown(.badID) }
private func delete(_ id: UInt64) -> StreamMessage { TweetID(id).map(StreamMessage.delete) ?? .unknown(.badID) }

private let decoys = #""user":{"id_str":"2","id":2,"verb":"post"},"retweeted_status":{"id_str":"3","id":3}"#
private let tag = "tag:search.twitter.com,2005:"

private let tweets = [
    LineShape("native", tweet(887_453_193_294_282_752), #""id_str":"887453193294282752""#, #""id":887453193294282752"#),
    LineShape(
        "native, id rounded to 53 bits",
        tweet(887_453_193_294_282_753),
        #""id":887453193294282752"#,
        decoys,
        #""id_str":"887453193294282753""#
    ),
    LineShape(
        "native, enriched",
        tweet(5),
        #""id":5"#,
        decoys,
        #""matching_rules":[{"id":1,"id_str":"1","tag":null}]"#,
        #""id_str":"5""#,
        #""quoted_status":{"id_str":"4","id":4,"delete":{"status":{"id_str":"9"}}}"#
    ),
    LineShape(
        "native, edited",
        tweet(6),
        #""id_str":"6""#,
        #""id":6"#,
        #""edit_history":{"initial_tweet_id":"5","edit_tweet_ids":["5","6"]}"#
    ),
    LineShape(
        "native, with partial errors and a limit of its own",
        tweet(7),
        #""id_str":"7""#,
        #""errors":[]"#,
        #""limit":{}"#
    ),
    LineShape(
        "Activity Streams, post",
        tweet(77),
        #""id":"\#(tag)77""#,
        #""verb":"post""#,
        #""actor":{"id":"id:twitter.com:9","id_str":"9"}"#,
        #""object":{"id":"object:search.twitter.com,2005:77","objectType":"note"}"#
    ),
    LineShape(
        "Activity Streams, share",
        tweet(78),
        #""object":{"id":"\#(tag)3","verb":"post","object":{"id":"\#(tag)2"}}"#,
        #""verb":"share""#,
        #""id":"\#(tag)78""#
    ),
    LineShape(
        "v2",
        tweet(900),
        #""includes":{"tweets":[{"id":"1"}],"users":[{"id":"2"}]}"#,
        #""matching_rules":[{"id":"4","tag":"x"}]"#,
        #""data":{"text":"x","id":"900","edit_history_tweet_ids":["899","900"],"referenced_tweets":[{"id":"1"}]}"#
    ),
    LineShape(
        "v2, withheld in part, with partial errors",
        tweet(901),
        #""errors":[{"title":"Not Found Error","resource_id":"1"}]"#,
        #""data":{"withheld":{"copyright":false,"country_codes":["DE"]},"id":"901"}"#
    ),
]

private let deletes = [
    LineShape(
        "delete",
        delete(1234),
        #""delete":{"timestamp_ms":"1","status":{"id":1234,"user_id":3,"id_str":"1234","user_id_str":"3"}}"#
    ),
    LineShape(
        "Activity Streams delete, by its object",
        delete(55),
        #""verb":"delete""#,
        #""object":{"id":"\#(tag)55"}"#,
        #""actor":{"id":"id:twitter.com:9"}"#
    ),
    LineShape("Activity Streams delete, by its own ID", delete(56), #""id":"\#(tag)56""#, #""verb":"delete""#),
    LineShape("v2 delete", delete(57), #""data":{"delete":{"event_at":"x","tweet":{"author_id":"1","id":"57"}}}"#),
]

private let compliance =
    [
        LineShape(
            "scrub_geo",
            .compliance(.scrubGeo, key: 14_090_452),
            #""scrub_geo":{"user_id":14090452,"up_to_status_id":23260136625,"user_id_str":"14090452"}"#
        ),
        LineShape(
            "v2 scrub_geo",
            .compliance(.scrubGeo, key: 99),
            #""data":{"scrub_geo":{"up_to_tweet_id":"5","user":{"id":"99"},"event_at":"x"}}"#
        ),
        LineShape(
            "status_withheld",
            .compliance(.statusWithheld, key: 8),
            #""status_withheld":{"user_id":123456,"id":8,"withheld_in_countries":["DE"]}"#
        ),
        LineShape(
            "status_withheld of the compliance product",
            .compliance(.statusWithheld, key: 8),
            #""status_withheld":{"withheld_in_countries":["DE"],"status":{"user_id":2,"id":8}}"#
        ),
        LineShape(
            "user_withheld",
            .compliance(.userWithheld, key: 123_456),
            #""user_withheld":{"withheld_in_countries":["DE"],"id":123456}"#
        ),
        LineShape(
            "user_withheld of the compliance product",
            .compliance(.userWithheld, key: 9),
            #""user_withheld":{"timestamp_ms":"1","user":{"id":9}}"#
        ),
        LineShape("drop", .compliance(.drop, key: 7), #""drop":{"status":{"user_id":3,"id":7,"id_str":"7"}}"#),
        LineShape("undrop", .compliance(.undrop, key: 7), #""undrop":{"status":{"id":7}}"#),
        LineShape(
            "tweet_edit",
            .compliance(.tweetEdit, key: 7),
            #""tweet_edit":{"edit_tweet_ids":["5","7"],"initial_tweet_id":"5","id":"7"}"#
        ),
        LineShape(
            "v2 withheld",
            .compliance(.withheld, key: 98),
            #""data":{"withheld":{"withheld_in_countries":["DE"],"tweet":{"author_id":"2","id":"98"}}}"#
        ),
        LineShape("v2 drop", .compliance(.drop, key: 96), #""data":{"drop":{"tweet":{"id":"96"},"event_at":"x"}}"#),
        LineShape(
            "un-like",
            .compliance(.unlike, key: 8),
            #""delete":{"favorite":{"user_id":3,"tweet_id":8,"tweet_id_str":"8"}}"#
        ),
        LineShape(
            "Activity Streams scrub_geo",
            .compliance(.scrubGeo, key: 9),
            #""verb":"scrub_geo""#,
            #""actor":{"id":"id:twitter.com:9"}"#,
            #""object":{"id":"\#(tag)5"}"#
        ),
        LineShape("an event without a readable ID", .compliance(.userDelete, key: nil), #""user_delete":{"id":-1}"#),
    ]
    + ["user_delete", "user_undelete", "user_protect", "user_unprotect", "user_suspend", "user_unsuspend"].flatMap {
        let kind = ComplianceKind(rawValue: $0) ?? .unlike
        return [
            LineShape($0, .compliance(kind, key: 12), "\"\($0)\":{\"timestamp_ms\":\"1\",\"id\":12}"),
            LineShape("v2 \($0)", .compliance(kind, key: 13), "\"data\":{\"\($0)\":{\"user\":{\"id\":\"13\"}}}"),
        ]
    }

private let notices = [
    LineShape("info", .notice(.info), #""info":{"message":"Replay Request Completed","activity_count":8874}"#),
    LineShape("gnip error", .notice(.error), #""error":{"message":"Forced Disconnect: …","sent":"x"}"#),
    LineShape(
        "v2 errors",
        .notice(.problem),
        #""errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]"#
    ),
    LineShape(
        "v2 connection_issue",
        .notice(.problem),
        #""title":"ConnectionException""#,
        #""connection_issue":"TooManyConnections""#,
        #""detail":"x""#
    ),
    LineShape("warning", .notice(.warning), #""warning":{"code":"FALLING_BEHIND"}"#),
    LineShape("limit", .notice(.limit), #""limit":{"track":5}"#),
    LineShape("disconnect", .notice(.disconnect), #""disconnect":{"code":7}"#),
]

private let unknowns = [
    LineShape("a kind that is not known yet", .unknown(.unknownShape), #""something_new":{"id":"5"}"#),
    LineShape("a verb that is not known yet", .unknown(.unknownShape), #""verb":"applaud""#, #""id":"\#(tag)5""#),
    LineShape(
        "a v2 event that is not known yet",
        .unknown(.unknownShape),
        #""data":{"new_event":{"tweet":{"id":"5"}}}"#
    ),
    LineShape(
        "a like",
        .unknown(.unknownShape),
        #""id":"01234567890abcdef""#,
        #""favorited_status":{"id_str":"5","id":5}"#,
        #""user":{"id_str":"6"}"#
    ),
    LineShape("an empty object", .unknown(.unknownShape)),
]

@Suite("What a line can be")
struct LineShapeTests {
    @Test(
        "a line means the same in any order of its fields",
        arguments: tweets + deletes + compliance + notices + unknowns
    )
    func shapes(shape: LineShape) {
        for line in shape.lines { #expect(classify(line) == shape.expected, "\(line)") }
        if shape.fields.isEmpty { #expect(classify("{}") == shape.expected) }
    }

    @Test("every kind of compliance event and of notice stands in a row")
    func complete() {
        let kinds = Set(
            compliance.compactMap { shape -> ComplianceKind? in
                if case .compliance(let kind, _) = shape.expected { kind } else { nil }
            }
        )
        #expect(Set(ComplianceKind.allCases).subtracting(kinds) == [.userProfileModification])
        let profile = #"{"data":{"user_profile_modification":{"profile_field":"bio","user":{"id":"14"}}}}"#
        #expect(classify(profile) == .compliance(.userProfileModification, key: 14))
        #expect(Set(notices.map(\.expected)) == Set(NoticeKind.allCases.map(StreamMessage.notice)))
    }

    @Test("two kinds at once are a conflict, in any order of their fields")
    func conflicts() {
        let conflicting = [tweets[0], tweets[5], tweets[7], deletes[0]]
        for (number, first) in conflicting.enumerated() {
            for second in conflicting.dropFirst(number + 1) {
                for fields in [first.fields + second.fields, second.fields + first.fields] {
                    let line = "{" + fields.joined(separator: ",") + "}"
                    guard case .unknown(let reason) = classify(line) else {
                        Issue.record("\(classify(line)) from \(line)")
                        continue
                    }
                    #expect([.conflictingShapes, .duplicateKey, .badID].contains(reason), "\(line)")
                }
            }
        }
    }
}
