/// Prints the table for people: `--help` and the reference come from the same rows that parse.
public enum ConfigurationReference {
    /// The settings that a role reads, for the end of its `--help`, at most 100 columns wide.
    public static func help(for role: ConfigurationKey.Role) -> String {
        let intro = """
            SETTINGS (a TOML file given by --config, or the environment; the environment wins):

            """
        let rows = ConfigurationTable.keys.filter { $0.roles.contains(role) }.map { key in
            let heading = "  \(key.name) = \(defaultDescription(of: key))"
            let names = "      \(key.environmentName)" + (key.isSecret ? ", or \(key.environmentName)_FILE" : "")
            return ([heading] + wrap(key.help, indent: "      ", width: 100) + [names]).joined(separator: "\n")
        }
        let kafka = """
              kafka.<property> = librdkafka's default; kafka.bootstrap.servers = \(ConfigurationTable.bootstrapServers)
                  Any property of librdkafka that carries no promise of ours, by its own name.
                  DECAHOSE_KAFKA_<PROPERTY>, for example DECAHOSE_KAFKA_SECURITY_PROTOCOL
            """
        return intro + (rows + [kafka]).joined(separator: "\n")
    }

    /// The default as people read it.
    public static func defaultDescription(of key: ConfigurationKey) -> String {
        if let text = key.defaultText { return text }
        return key.defaultNote.map { "(\($0))" } ?? "(none)"
    }

    static func wrap(_ text: String, indent: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = indent
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > width, line.count > indent.count {
                lines.append(line)
                line = indent
            }
            line += (line.count > indent.count ? " " : "") + word
        }
        lines.append(line)
        return lines
    }
}
