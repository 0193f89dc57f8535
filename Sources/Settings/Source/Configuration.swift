/// All settings of one process as texts, each checked for its form.
///
/// What is wrong with them is kept, and thrown by the settings of a role together with what the role misses.
public struct Configuration: Sendable {
    /// A setting's text and where it was given.
    public struct Entry: Hashable, Sendable {
        /// As written.
        public var text: String
        /// `bridge.toml:12` or the environment variable; nil for a default.
        public var origin: String?
    }

    private var entries: [String: Entry] = [:]
    /// Every unknown key and every text that cannot be read.
    private(set) var problems: [ConfigurationProblem] = []

    /// Reads the file, if there is one, and then the environment, which wins.
    ///
    /// - Throws: ``InvalidConfiguration`` where the file is missing or no TOML, so that nothing else can be said.
    public init(file path: String?, environment: [String: String]) throws(InvalidConfiguration) {
        if let path {
            let file = try ConfigurationFile(path: path)
            for (name, entry) in file.entries.sorted(by: { $0.key < $1.key }) {
                let origin = entry.line.map { "\(path):\($0)" } ?? path
                add(name, Entry(text: entry.text, origin: origin))
            }
        }
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("DECAHOSE_") {
            guard !Self.isReserved(variable) else { continue }
            guard let name = Self.name(ofVariable: variable) else {
                problems.append(Self.unknown(variable, origin: "environment", among: Self.knownVariables))
                continue
            }
            add(name, Entry(text: text, origin: variable))
        }
    }

    /// A setting as given; nil where only its default holds.
    public func entry(_ name: String) -> Entry? {
        entries[name]
    }

    /// The librdkafka properties as given, by their own names, sorted.
    public var kafkaProperties: [(name: String, entry: Entry)] {
        let prefix = ConfigurationTable.kafkaPrefix
        return entries.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
            .sorted { $0.0 < $1.0 }
    }

    private mutating func add(_ name: String, _ entry: Entry) {
        if name.hasPrefix(ConfigurationTable.kafkaPrefix) {
            entries[name] = entry
            return
        }
        let kind: ConfigurationKey.Kind
        if let key = ConfigurationTable.key(named: name) {
            kind = key.kind
        } else if name.hasSuffix("_file"), ConfigurationTable.key(named: String(name.dropLast(5)))?.isSecret == true {
            kind = .text
        } else {
            problems.append(Self.unknown(name, origin: entry.origin, among: ConfigurationTable.keys.map(\.name)))
            return
        }
        do throws(ValueParser.Failure) {
            try ValueParser.check(entry.text, as: kind)
            entries[name] = entry
        } catch {
            // An address with an @ holds credentials, whatever it was meant for.
            let isShown = !kind.isSecret && !(kind.isAddress && entry.text.contains("@"))
            let shown = isShown ? "'\(entry.text.prefix(80))'" : "the value"
            problems.append(
                ConfigurationProblem(origin: entry.origin, key: name, message: "\(shown) is not \(error.expected)")
            )
        }
    }

    /// Variables that steer tests and tools and are no settings.
    private static func isReserved(_ variable: String) -> Bool {
        variable.hasPrefix("DECAHOSE_TEST_")
            || ["DECAHOSE_CONFIG", "DECAHOSE_CRASH_POINT", "DECAHOSE_WARNINGS_AS_ERRORS"].contains(variable)
    }

    private static let knownVariables = ConfigurationTable.keys.map(\.environmentName)

    private static func name(ofVariable variable: String) -> String? {
        for key in ConfigurationTable.keys {
            if key.environmentName == variable { return key.name }
            if key.isSecret, key.environmentName + "_FILE" == variable { return key.name + "_file" }
        }
        let prefix = ConfigurationKey.environmentName(of: ConfigurationTable.kafkaPrefix)
        guard variable.hasPrefix(prefix), variable.count > prefix.count else { return nil }
        let property = variable.dropFirst(prefix.count).lowercased().replacing("_", with: ".")
        if property.hasSuffix(".file"), KafkaSecrets.contains(String(property.dropLast(5))) {
            return ConfigurationTable.kafkaPrefix + property.dropLast(5) + "_file"
        }
        return ConfigurationTable.kafkaPrefix + property
    }

    private static func unknown(_ name: String, origin: String?, among known: [String]) -> ConfigurationProblem {
        let nearest = known.min { EditDistance.between($0, name) < EditDistance.between($1, name) }
        let hint = nearest.map { "; the nearest known one is \($0)" } ?? ""
        return ConfigurationProblem(origin: origin, key: name, message: "unknown setting\(hint)")
    }
}
