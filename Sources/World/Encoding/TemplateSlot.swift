import Tweets

/// A place in a template that is filled in for each Tweet.
public enum TemplateSlot: UInt32, CaseIterable, Sendable {
    /// The Tweet's ID in decimal.
    case id = 0xE000
    /// `Mon Nov 23 20:45:01 +0000 2026`.
    case nativeTime
    /// `2026-11-23T20:45:01.000Z`.
    case isoTime
    /// The creation time in milliseconds since 1970.
    case milliseconds
    /// The IDs of all versions of the Tweet, each in quotes, ascending.
    case history
    /// The ID of the Tweet's first version.
    case firstVersion

    /// The most bytes that a slot takes.
    public static let bytesMax = 2 * (TweetID.digitsMax + 2) + 1

    /// The character that stands for the slot in a template's text; it occurs nowhere else.
    var mark: Character {
        // The range lies in the private use area, where every value is a scalar.
        Character(Unicode.Scalar(rawValue) ?? "\u{FFFD}")
    }
}
