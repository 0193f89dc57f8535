import FoundationEssentials
public import Logging
public import Tweets

/// Writes log lines to standard error: one line of text, or one JSON object, an event.
public struct LineLogHandler: LogHandler {
    /// How a line looks.
    public enum Format: Sendable {
        /// `2026-11-23T20:45:01.250Z info  bridge: Connected. connection=a stream=sample10/1`
        case text
        /// `{"time":"…","level":"info","label":"bridge","message":"Connected.","connection":"a"}`
        case json
    }

    /// Lines below it are not written: the process's level, unless this logger was given one of its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? level.current }
        set { ownLevel = newValue }
    }
    /// What every line says.
    public var metadata: Logger.Metadata = [:]

    private let level: LogLevel
    private var ownLevel: Logger.Level?
    private let label: String
    private let format: Format
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Instant

    /// A handler for one logger.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - format: Text or JSON.
    ///   - level: The process's level.
    ///   - now: The clock of the lines.
    ///   - write: Takes a whole line with its end.
    public init(
        label: String,
        format: Format,
        level: LogLevel,
        now: @escaping @Sendable () -> Instant = WallClock.now,
        write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.label = label
        self.format = format
        self.level = level
        self.now = now
        self.write = write
    }

    /// The value of one key of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        let merged = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        switch format {
        case .text:
            var line = "\(now()) \(event.level.rawValue.padded(to: 7)) \(label): \(event.message)"
            for (key, value) in fields { line += " \(key)=\(Self.quoted(value))" }
            write(line.replacing("\n", with: "\\n") + "\n")
        case .json:
            var pairs = [
                ("time", "\(now())"), ("level", event.level.rawValue), ("label", label),
                ("message", "\(event.message)"),
            ]
            pairs += fields
            let body = pairs.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined(separator: ",")
            write("{\(body)}\n")
        }
    }

    private static func quoted(_ value: String) -> String {
        value.contains { $0 == " " || $0 == "\"" } || value.isEmpty ? JSONText.quoted(value) : value
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
