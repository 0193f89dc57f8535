/// A text that is never printed: its description is "redacted", also inside other values.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// Wraps a text.
    public init(_ text: String) {
        self.text = text
    }

    /// Hands the text to the one place that needs it.
    public func reveal<Result>(_ body: (String) throws -> Result) rethrows -> Result {
        try body(text)
    }

    /// Always `redacted`.
    public var description: String { "redacted" }
    /// Always `redacted`.
    public var debugDescription: String { "redacted" }
    /// Shows nothing of the text to reflection.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
