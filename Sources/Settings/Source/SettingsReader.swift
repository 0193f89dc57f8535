/// Takes typed settings out of a checked configuration and collects what is missing or does not fit together.
struct SettingsReader {
    let configuration: Configuration
    private(set) var problems: [ConfigurationProblem]
    private let malformed: Set<String>

    init(_ configuration: Configuration) {
        self.configuration = configuration
        problems = configuration.problems
        malformed = Set(problems.map(\.key))
    }

    /// The text of a setting or of its default; the configuration has checked its form.
    func text(_ name: String) -> String? {
        guard let key = ConfigurationTable.key(named: name) else { preconditionFailure("no row for \(name)") }
        return configuration.entry(name)?.text ?? key.defaultText
    }

    func origin(_ name: String) -> String? {
        configuration.entry(name)?.origin
    }

    mutating func required(_ name: String, because reason: String) -> String {
        guard let text = text(name) else {
            refuse(
                name,
                "is required \(reason); set it in the file or as \(ConfigurationKey.environmentName(of: name))"
            )
            return ""
        }
        return text
    }

    func duration(_ name: String) -> Duration? {
        text(name).flatMap { try? ValueParser.duration($0) }
    }

    mutating func requiredDuration(_ name: String) -> Duration {
        duration(name) ?? missingDefault(name, .zero)
    }

    mutating func requiredSize(_ name: String) -> Int {
        text(name).flatMap { try? ValueParser.size($0) } ?? missingDefault(name, 0)
    }

    func integer(_ name: String) -> Int? {
        text(name).flatMap { Int($0) }
    }

    func boolean(_ name: String) -> Bool {
        text(name) == "true"
    }

    mutating func secret(_ name: String) -> SecretSource? {
        let value = configuration.entry(name)
        let file = configuration.entry(name + "_file")
        if value != nil, file != nil {
            refuse(name, "is given twice, as \(name) and as \(name)_file; keep one")
        }
        return file.map { .file($0.text) } ?? value.map { .value(Secret($0.text)) }
    }

    /// Adds a problem, unless the setting was given and its text has one already.
    mutating func refuse(_ name: String, _ message: String) {
        if malformed.contains(name) || malformed.contains(name + "_file") { return }
        problems.append(ConfigurationProblem(origin: origin(name), key: name, message: message))
    }

    /// librdkafka's properties; those that a file holds are read now.
    mutating func kafkaProperties() -> [CommonSettings.KafkaProperty] {
        let (properties, problems) = CommonSettings.kafkaProperties(of: configuration)
        self.problems += problems
        return properties
    }

    func finish() throws(InvalidConfiguration) {
        if !problems.isEmpty { throw InvalidConfiguration(problems: problems) }
    }

    private func missingDefault<Value>(_ name: String, _ value: Value) -> Value {
        preconditionFailure("the row of \(name) has no default that can be read")
    }
}
