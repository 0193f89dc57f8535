public import Tweets

/// What fills the slots of one Tweet.
public struct SlotValues: Sendable {
    /// The Tweet's ID.
    public var id: TweetID
    /// The version that it replaces; nil for most.
    public var original: TweetID?

    /// Values from the Tweet's versions.
    public init(id: TweetID, original: TweetID?) {
        self.id = id
        self.original = original
    }
}

/// Writes slots; keeps the texts of the last second, since neighbours share it.
struct SlotWriter: Sendable {
    private var second = Int64.min
    private var native: [UInt8] = []
    private var iso: [UInt8] = []

    /// Calls `body` with the bytes of a slot.
    @inline(__always)
    mutating func with(_ slot: TemplateSlot, _ values: SlotValues, _ body: (UnsafeRawBufferPointer) -> Void) {
        switch slot {
        case .id:
            values.id.withDecimal(body)
        case .firstVersion:
            (values.original ?? values.id).withDecimal(body)
        case .nativeTime:
            prepare(values.id)
            native.withUnsafeBytes(body)
        case .isoTime:
            prepare(values.id)
            iso.withUnsafeBytes(body)
        case .milliseconds:
            Array(String(values.id.createdAt?.milliseconds ?? 0).utf8).withUnsafeBytes(body)
        case .history:
            let quoted = [values.original, values.id].compactMap(\.self).map { "\"\($0)\"" }
            Array(quoted.joined(separator: ",").utf8).withUnsafeBytes(body)
        }
    }

    private mutating func prepare(_ id: TweetID) {
        guard let created = id.createdAt else { return }
        let second = created.milliseconds / 1000
        guard second != self.second else { return }
        self.second = second
        let time = TimeTexts(second: second)
        native = Array(time.native.utf8)
        iso = Array(time.iso.utf8)
    }
}
