/// One row of the table that declares every setting: it parses, validates, and prints `--help` and the reference.
public struct ConfigurationKey: Sendable {
    /// Who reads the setting.
    public enum Role: String, CaseIterable, Sendable {
        /// `decahose bridge`.
        case bridge
        /// `decahose dedup`.
        case dedup
        /// `decahose coordinator`.
        case coordinator
        /// `decahose topics`, `gaps`, `jobs`, `status`, `tail`.
        case tools
    }

    /// How the setting's text is read, and what it may be.
    public enum Kind: Sendable {
        /// Any text that is not empty.
        case text
        /// A text that can stand in a topic name or a header: letters, digits, `.`, `_` and `-`, at most 100.
        case name
        /// One of the listed texts.
        case choice([String])
        /// `true` or `false`.
        case boolean
        /// A whole number in the range.
        case integer(ClosedRange<Int>)
        /// A duration in the range, written `250ms`, `30s`, `12h`.
        case duration(ClosedRange<Duration>)
        /// A size in bytes in the range, written `512KiB`, `256MiB`.
        case size(ClosedRange<Int>)
        /// Whole numbers, separated by commas.
        case integers(ClosedRange<Int>)
        /// `host:port`.
        case address
        /// An `http` or `https` URL.
        case url
        /// A text that is never printed; `<key>_file` names a file that holds it.
        case secret
        /// The URL of a proxy, which may hold credentials and is never printed; `<key>_file` likewise.
        case proxy
    }

    /// Its name, `section.name`.
    public let name: String
    /// How it is read.
    public let kind: Kind
    /// The default as it would be written; nil where there is none.
    public let defaultText: String?
    /// What the default is, for people, where it depends on other settings.
    public let defaultNote: String?
    /// Who reads it.
    public let roles: [Role]
    /// What it does and what follows from changing it.
    public let help: String

    init(
        _ name: String,
        _ kind: Kind,
        default defaultText: String? = nil,
        note defaultNote: String? = nil,
        roles: [Role],
        _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.defaultNote = defaultNote
        self.roles = roles
        self.help = help
    }

    /// The environment variable that sets or overrides it: `stream.base_url` is `DECAHOSE_STREAM_BASE_URL`.
    public var environmentName: String { Self.environmentName(of: name) }

    /// The environment variable of a dotted name.
    public static func environmentName(of name: String) -> String {
        "DECAHOSE_" + name.uppercased().replacing(".", with: "_")
    }

    /// Whether its value may never be printed.
    public var isSecret: Bool { kind.isSecret }
}

extension ConfigurationKey.Kind {
    /// Whether a text of this kind may never be printed.
    var isSecret: Bool {
        switch self {
        case .secret, .proxy: true
        case .text, .name, .choice, .boolean, .integer, .duration, .size, .integers, .address, .url: false
        }
    }

    /// Whether it is an address, in which somebody may have put credentials.
    var isAddress: Bool {
        switch self {
        case .url, .address, .proxy: true
        case .text, .name, .choice, .boolean, .integer, .duration, .size, .integers, .secret: false
        }
    }
}
