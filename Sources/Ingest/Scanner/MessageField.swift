/// A place in a message that helps to decide what it is.
enum MessageField: UInt8, CaseIterable {
    // Tweets, native.
    case nativeIDText
    case topID
    // Activity Streams.
    case verb
    case object
    case objectID
    case actor
    case actorID
    // v2.
    case data
    case dataID
    case dataEvent
    case dataDelete
    // Deletes and other compliance events.
    case delete
    case deletedStatus
    case deletedStatusID
    case favorite
    case event
    case eventID
    case eventIDText
    case eventUserID
    case eventUserIDText
    case eventTweet
    case eventTweetID
    case eventTweetIDText
    case eventUser
    // Notices.
    case info
    case error
    case problem
    case errors
    case warning
    case limit
    case disconnect

    var bit: UInt64 { 1 << UInt64(rawValue) }
}

/// An object of a message that is walked, rather than passed over.
enum MessageObject: UInt8, CaseIterable {
    case root
    case activityObject
    case activityActor
    case data
    case delete
    case deletedStatus
    case favorite
    /// The object of a compliance event; `tweet` and `user` are its v2 form, `status` its gnip form.
    case event
    case eventTweet
    case eventUser
}

/// One row: under this name in this object stands this field, and its value is walked as that object.
struct MessageRow {
    var parent: MessageObject
    var name: StaticString
    var field: MessageField
    var child: MessageObject?
    var kind: ComplianceKind?

    init(
        _ parent: MessageObject,
        _ name: StaticString,
        _ field: MessageField,
        _ child: MessageObject? = nil,
        kind: ComplianceKind? = nil
    ) {
        self.parent = parent
        self.name = name
        self.field = field
        self.child = child
        self.kind = kind
    }

    /// "What a line can be" of the upstream's contract, as names.
    static let all: [MessageRow] =
        [
            MessageRow(.root, "id_str", .nativeIDText),
            MessageRow(.root, "id", .topID),
            MessageRow(.root, "verb", .verb),
            MessageRow(.root, "object", .object, .activityObject),
            MessageRow(.activityObject, "id", .objectID),
            MessageRow(.root, "actor", .actor, .activityActor),
            MessageRow(.activityActor, "id", .actorID),
            MessageRow(.root, "data", .data, .data),
            MessageRow(.data, "id", .dataID),
            MessageRow(.data, "delete", .dataDelete, .event),
            MessageRow(.root, "delete", .delete, .delete),
            MessageRow(.delete, "status", .deletedStatus, .deletedStatus),
            MessageRow(.deletedStatus, "id_str", .deletedStatusID),
            MessageRow(.delete, "favorite", .favorite, .favorite, kind: .unlike),
            MessageRow(.favorite, "tweet_id_str", .eventTweetIDText),
            MessageRow(.favorite, "tweet_id", .eventTweetID),
            MessageRow(.event, "id", .eventID),
            MessageRow(.event, "id_str", .eventIDText),
            MessageRow(.event, "user_id", .eventUserID),
            MessageRow(.event, "user_id_str", .eventUserIDText),
            MessageRow(.event, "status", .eventTweet, .eventTweet),
            MessageRow(.event, "tweet", .eventTweet, .eventTweet),
            MessageRow(.event, "user", .eventUser, .eventUser),
            MessageRow(.eventTweet, "id", .eventTweetID),
            MessageRow(.eventTweet, "id_str", .eventTweetIDText),
            MessageRow(.eventUser, "id", .eventUserID),
            MessageRow(.eventUser, "id_str", .eventUserIDText),
            MessageRow(.root, "info", .info),
            MessageRow(.root, "error", .error),
            MessageRow(.root, "errors", .errors),
            MessageRow(.root, "connection_issue", .problem),
            MessageRow(.root, "disconnect_type", .problem),
            MessageRow(.root, "warning", .warning),
            MessageRow(.root, "limit", .limit),
            MessageRow(.root, "disconnect", .disconnect),
        ] + events

    private static let events: [MessageRow] = [
        event("scrub_geo", .scrubGeo),
        event("status_withheld", .statusWithheld),
        event("user_withheld", .userWithheld),
        event("user_delete", .userDelete),
        event("user_undelete", .userUndelete),
        event("user_protect", .userProtect),
        event("user_unprotect", .userUnprotect),
        event("user_suspend", .userSuspend),
        event("user_unsuspend", .userUnsuspend),
        event("user_profile_modification", .userProfileModification),
        event("drop", .drop),
        event("undrop", .undrop),
        event("tweet_edit", .tweetEdit),
        event("withheld", .withheld),
    ].flatMap(\.self)

    private static func event(_ name: StaticString, _ kind: ComplianceKind) -> [MessageRow] {
        [
            MessageRow(.root, name, .event, .event, kind: kind),
            MessageRow(.data, name, .dataEvent, .event, kind: kind),
        ]
    }
}
