/// A compliance event other than a Tweet's delete.
public enum ComplianceEventKind: String, CaseIterable, Sendable {
    /// The locations of a user's Tweets are to be forgotten.
    case scrubGeo = "scrub_geo"
    /// A Tweet is withheld in some countries.
    case statusWithheld = "status_withheld"
    /// A user is withheld in some countries.
    case userWithheld = "user_withheld"
    /// A user was deleted.
    case userDelete = "user_delete"
    /// A user's Tweets became private.
    case userProtect = "user_protect"
    /// A user was suspended.
    case userSuspend = "user_suspend"
    /// A Tweet is not to be shown.
    case drop
    /// A dropped Tweet may be shown again.
    case undrop
}
