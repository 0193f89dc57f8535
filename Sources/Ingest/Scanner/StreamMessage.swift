public import Tweets

/// What a line of the stream is; trivial to copy, so that no allocation follows a Tweet.
public enum StreamMessage: Hashable, Sendable {
    /// A Tweet, in any of the three shapes.
    case tweet(TweetID)
    /// The Tweet was deleted: its content must go everywhere.
    case delete(TweetID)
    /// Another compliance event, with the Tweet or user that it is about where that could be read.
    case compliance(ComplianceKind, key: UInt64?)
    /// The upstream speaks about the stream itself; `SystemMessage` reads what it says.
    case notice(NoticeKind)
    /// No known message; the bytes are kept aside with the reason.
    case unknown(UnknownReason)
}

/// What a compliance event other than a Tweet's delete is about.
public enum ComplianceKind: String, CaseIterable, Sendable {
    /// The locations of a user's Tweets are to be forgotten.
    case scrubGeo = "scrub_geo"
    /// A Tweet is withheld in some countries.
    case statusWithheld = "status_withheld"
    /// A user is withheld in some countries.
    case userWithheld = "user_withheld"
    /// A user was deleted.
    case userDelete = "user_delete"
    /// A deleted user came back.
    case userUndelete = "user_undelete"
    /// A user's Tweets became private.
    case userProtect = "user_protect"
    /// A user's Tweets became public.
    case userUnprotect = "user_unprotect"
    /// A user was suspended.
    case userSuspend = "user_suspend"
    /// A suspended user came back.
    case userUnsuspend = "user_unsuspend"
    /// A user changed the profile.
    case userProfileModification = "user_profile_modification"
    /// A Tweet is not to be shown.
    case drop
    /// A dropped Tweet may be shown again.
    case undrop
    /// A Tweet got a new version.
    case tweetEdit = "tweet_edit"
    /// The v2 form of a withheld Tweet or user.
    case withheld
    /// A like was taken back.
    case unlike
}

/// A message of the upstream about the stream itself.
public enum NoticeKind: String, CaseIterable, Sendable {
    /// A Replay's outcome, and other information.
    case info
    /// The gnip form of an error inside the stream; the server closes after it.
    case error
    /// The v2 form of an error inside the stream.
    case problem
    /// An older notice of a client that falls behind.
    case warning
    /// An older notice of Tweets held back.
    case limit
    /// An older notice of a disconnect.
    case disconnect
}

/// Why a line is no known message; the closed set of labels of the deadletter topic and of its metric.
public enum UnknownReason: String, CaseIterable, Sendable {
    /// Not JSON at a level that was walked.
    case malformed
    /// Bytes that are no UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// A control character, such as NUL, where JSON allows none.
    case controlCharacter = "control-character"
    /// Nested deeper than `TweetIDScanner.nestingMax`.
    case tooDeep = "too-deep"
    /// JSON, but no object.
    case notAnObject = "not-an-object"
    /// A field that decides what the message is stands there twice.
    case duplicateKey = "duplicate-key"
    /// The message has the marks of two kinds.
    case conflictingShapes = "conflicting-shapes"
    /// A field that must hold an ID holds something else.
    case badID = "bad-id"
    /// An object without any mark of a known message.
    case unknownShape = "unknown-shape"
    /// Longer than `bridge.max_message_bytes`.
    case oversize
}
