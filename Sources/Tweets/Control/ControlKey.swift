/// The key of a control record, `kind:id`.
public struct ControlKey: Hashable, Sendable {
    /// What a control record is about.
    public enum Kind: String, CaseIterable, Sendable {
        /// A connection's life and coverage: `session:<connection>:<product/partition>:<start>-<random>`.
        case session
        /// A bridge that takes a connection's name over.
        case claim
        /// A stretch of event time that nobody delivered.
        case gap
        /// A recovery request.
        case job
        /// Raw records that were gone before dedup read them: `loss:<kafka partition>:<from>-<to>`.
        case loss
        /// The delivery census of a minute: `census:<minute>:<kafka partition>`.
        case census
        /// Settled history, folded: `ledger:<product/partition>`.
        case ledger
        /// The partition count with which the topics were made.
        case topics
    }

    /// The kind as written, which may be one that this version does not know.
    public var kindText: String
    /// What stands after the first colon.
    public var id: String

    /// A key of a known kind.
    public init(_ kind: Kind, _ id: String) {
        kindText = kind.rawValue
        self.id = id
    }

    /// Reads `kind:id`; nil without a colon.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        kindText = String(text[..<colon])
        id = String(text[text.index(after: colon)...])
    }

    /// Keys of one dictionary are of one kind, so that it tells nothing.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }

    /// The kind, if this version knows it.
    public var kind: Kind? { Kind(rawValue: kindText) }

    /// The form in Kafka.
    public var text: String {
        // One piece of memory; an interpolation takes several.
        var text = kindText
        text.reserveCapacity(kindText.utf8.count + 1 + id.utf8.count)
        text += ":"
        text += id
        return text
    }
}
