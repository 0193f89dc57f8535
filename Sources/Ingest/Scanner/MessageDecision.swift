import Tweets

/// Decides what a message is from the deciding fields that stand in it.
///
/// A Tweet wins over notices, because new fields may appear in Tweets at any time (v2 Tweets carry partial `errors`);
/// the marks of two kinds of record at once are a conflict and decide nothing.
struct MessageDecision {
    let line: UnsafeRawBufferPointer
    let values: FieldValues

    /// What the message is.
    var message: StreamMessage {
        let marks = Marks(values: values, activity: isActivity)
        switch marks.count {
        case 0: return notice
        case 1: break
        default: return .unknown(.conflictingShapes)
        }
        if marks.native { return native }
        if marks.activity { return activity }
        if marks.data { return data }
        if marks.delete { return delete }
        return event(fallback: .eventID, .eventIDText)
    }

    /// Which kinds of record the fields point to.
    private struct Marks {
        let native: Bool
        let activity: Bool
        let data: Bool
        let delete: Bool
        let event: Bool

        init(values: FieldValues, activity: Bool) {
            native = values.has(.nativeIDText)
            self.activity = activity
            data = values.has(.data)
            delete = values.has(.delete)
            event = values.kind(.event) == .object
        }

        var count: Int {
            (native ? 1 : 0) + (activity ? 1 : 0) + (data ? 1 : 0) + (delete ? 1 : 0) + (event ? 1 : 0)
        }
    }

    private var native: StreamMessage {
        if values.has(.topID), values.kind(.topID) != .number { return .unknown(.badID) }
        guard let id = tweetID(.nativeIDText) else { return .unknown(.badID) }
        return .tweet(id)
    }

    private var activity: StreamMessage {
        guard let verb = text(.verb) else { return .unknown(.unknownShape) }
        if verb == "post" || verb == "share" {
            guard let id = tagID(.topID) else { return .unknown(.badID) }
            return .tweet(id)
        }
        if verb == "delete" {
            let (object, top) = (tagID(.objectID), tagID(.topID))
            guard let id = object ?? top else { return .unknown(.badID) }
            return top == nil || top == id ? .delete(id) : .unknown(.conflictingShapes)
        }
        guard let kind = ComplianceKind(rawValue: verb) else { return .unknown(.unknownShape) }
        let subject = tagID(.objectID) ?? tagID(.topID)
        let actor = number(after: ":", in: text(.actorID))
        return .compliance(kind, key: kind.isAboutUser ? actor ?? subject?.rawValue : subject?.rawValue ?? actor)
    }

    private var data: StreamMessage {
        if values.has(.dataID) {
            guard let id = tweetID(.dataID) else { return .unknown(.badID) }
            return .tweet(id)
        }
        if values.kind(.dataDelete) == .object {
            guard !values.has(.dataEvent) else { return .unknown(.conflictingShapes) }
            guard values.has(.eventTweet) else { return .unknown(.unknownShape) }
            guard let id = tweetID(.eventTweetID) else { return .unknown(.badID) }
            return .delete(id)
        }
        return event(fallback: .eventID, .eventIDText)
    }

    private var delete: StreamMessage {
        switch (values.kind(.deletedStatus), values.kind(.favorite)) {
        case (.object, .absent):
            guard let id = tweetID(.deletedStatusID) else { return .unknown(.badID) }
            return .delete(id)
        case (.absent, .object):
            return event(fallback: .eventTweetID, .eventTweetIDText)
        case (.absent, .absent):
            return .unknown(.unknownShape)
        default:
            return .unknown(.conflictingShapes)
        }
    }

    private func event(fallback number: MessageField, _ text: MessageField) -> StreamMessage {
        guard let kind = values.event else { return .unknown(.unknownShape) }
        let tweet = anyID(.eventTweetIDText) ?? anyID(.eventTweetID)
        let user = anyID(.eventUserIDText) ?? anyID(.eventUserID)
        let subject = anyID(text) ?? anyID(number)
        let key = kind.isAboutUser ? user ?? subject ?? tweet : tweet ?? subject ?? user
        return .compliance(kind, key: key)
    }

    private var notice: StreamMessage {
        if values.has(.info) { return .notice(.info) }
        if values.has(.error) { return .notice(.error) }
        if values.has(.errors) || values.has(.problem) { return .notice(.problem) }
        if values.has(.disconnect) { return .notice(.disconnect) }
        if values.has(.warning) { return .notice(.warning) }
        if values.has(.limit) { return .notice(.limit) }
        return .unknown(.unknownShape)
    }

    /// Only an Activity Streams record has a `verb`.
    private var isActivity: Bool {
        !values.has(.nativeIDText) && isText(.verb)
    }

    private func isText(_ field: MessageField) -> Bool {
        values.kind(field) == .string || values.kind(field) == .escapedString
    }

    /// The bytes of a text with its escapes resolved; nil for other values and for texts too long to be an ID.
    private func withText<Result>(_ field: MessageField, _ body: (UnsafeRawBufferPointer) -> Result?) -> Result? {
        let raw = UnsafeRawBufferPointer(rebasing: line[values.range(field)])
        switch values.kind(field) {
        case .string:
            return body(raw)
        case .escapedString:
            guard raw.count <= 512 else { return nil }
            return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { output in
                guard let count = JSONText.decode(raw, into: output) else { return nil }
                return body(UnsafeRawBufferPointer(rebasing: output[..<count]))
            }
        case .absent, .number, .object, .array, .other:
            return nil
        }
    }

    private func tweetID(_ field: MessageField) -> TweetID? {
        withText(field) { TweetID(decimal: $0) }
    }

    /// The ID in `tag:search.twitter.com,2005:<digits>`; objects carry it behind `object:` too.
    private func tagID(_ field: MessageField) -> TweetID? {
        withText(field) { text in
            Self.digits(of: text, after: "tag:search.twitter.com,2005:")
                ?? Self.digits(of: text, after: "object:search.twitter.com,2005:")
        }
    }

    private static func digits(of text: UnsafeRawBufferPointer, after prefix: StaticString) -> TweetID? {
        let count = prefix.utf8CodeUnitCount
        guard text.count > count else { return nil }
        for offset in 0..<count where text[offset] != prefix.utf8Start[offset] { return nil }
        return TweetID(decimal: UnsafeRawBufferPointer(rebasing: text[count...]))
    }

    /// An ID of a Tweet or user, as a text or as a number of digits only.
    private func anyID(_ field: MessageField) -> UInt64? {
        if let id = tweetID(field) { return id.rawValue }
        guard values.kind(field) == .number else { return nil }
        return TweetID(decimal: UnsafeRawBufferPointer(rebasing: line[values.range(field)]))?.rawValue
    }

    private func text(_ field: MessageField) -> String? {
        withText(field) { $0.count <= 64 ? String(decoding: $0, as: UTF8.self) : nil }
    }

    private func number(after separator: Character, in text: String?) -> UInt64? {
        guard let text, let colon = text.lastIndex(of: separator) else { return nil }
        return UInt64(text[text.index(after: colon)...])
    }
}

extension ComplianceKind {
    /// Whether its key is a user rather than a Tweet.
    var isAboutUser: Bool {
        switch self {
        case .scrubGeo, .userWithheld, .userDelete, .userUndelete, .userProtect, .userUnprotect, .userSuspend,
            .userUnsuspend, .userProfileModification:
            true
        case .statusWithheld, .drop, .undrop, .tweetEdit, .withheld, .unlike:
            false
        }
    }
}
