extension ConfigurationReference {
    /// Every setting as a commented TOML file: what `config/reference.toml` holds.
    public static func toml() -> String {
        var lines = [
            "# Every setting of decahose, with its default. Made from the table in the code: do not edit, copy what you need.",
            "# The environment wins over a file: stream.base_url is DECAHOSE_STREAM_BASE_URL.",
        ]
        var section = ""
        for key in ConfigurationTable.keys {
            let parts = key.name.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { preconditionFailure("\(key.name) has no section") }
            if parts[0] != section {
                section = parts[0]
                lines += ["", "[\(section)]"]
            }
            lines.append("")
            lines += wrap(key.help, indent: "# ", width: 100)
            lines.append(
                "# Read by: \(key.roles.map(\.rawValue).joined(separator: ", ")). Values: \(describe(key.kind))."
            )
            if key.isSecret { lines.append("# Better: \(parts[1])_file = \"/path/to/a/file\"") }
            if let text = key.defaultText {
                lines.append("\(parts[1]) = \(literal(text, key.kind))")
            } else {
                lines.append("# \(parts[1]) =        # default: \(defaultDescription(of: key))")
            }
        }
        lines += [
            "", "[kafka]", "", "# Any property of librdkafka that carries no promise of ours, by its own name.",
            "bootstrap.servers = \"\(ConfigurationTable.bootstrapServers)\"",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// What a kind of setting may hold.
    static func describe(_ kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .text: "a text"
        case .secret: "a text, never printed"
        case .proxy: "\(ValueParser.proxySchemes.joined(separator: ", ")) URL, never printed"
        case .name: "letters, digits, '.', '_' and '-'"
        case .choice(let choices): choices.joined(separator: ", ")
        case .boolean: "true, false"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "\(ValueParser.describe(range.lowerBound)) to \(ValueParser.describe(range.upperBound))"
        case .size(let range): "\(range.lowerBound) to \(range.upperBound) bytes, written 512KiB, 256MiB"
        case .integers(let range): "whole numbers from \(range.lowerBound), in a list"
        case .address: "host:port"
        case .url: "an http or https URL"
        }
    }

    private static func literal(_ text: String, _ kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .boolean, .integer: text
        default: "\"\(text)\""
        }
    }
}
