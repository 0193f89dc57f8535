import FoundationEssentials
import TOMLKit

/// A TOML file, flattened to dotted names and texts, each with its line.
struct ConfigurationFile {
    struct Entry: Hashable {
        var text: String
        var line: Int?
    }

    var path: String
    var entries: [String: Entry] = [:]

    init(path: String) throws(InvalidConfiguration) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InvalidConfiguration(problems: [
                ConfigurationProblem(origin: nil, key: path, message: "the file is missing or may not be read")
            ])
        }
        try self.init(path: path, text: String(decoding: data, as: UTF8.self))
    }

    init(path: String, text: String) throws(InvalidConfiguration) {
        self.path = path
        if let line = Self.namelessTable(in: text) {
            throw InvalidConfiguration(problems: [
                ConfigurationProblem(
                    origin: "\(path):\(line)",
                    key: "TOML",
                    message: "a line that begins with [ must name a table, such as [kafka]"
                )
            ])
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let origin = "\(path):\(error.source.begin.line)"
            throw InvalidConfiguration(problems: [
                ConfigurationProblem(origin: origin, key: "TOML", message: error.description)
            ])
        } catch {
            throw InvalidConfiguration(problems: [
                ConfigurationProblem(origin: path, key: "TOML", message: "\(error)")
            ])
        }
        let lines = KeyLines(text)
        flatten(table, prefix: "", lines: lines)
    }

    /// The first line, from 1, whose table has a name that begins with what no name begins with; nil where there is none.
    ///
    /// The library ends the process there, by an assertion of its own.
    private static func namelessTable(in text: String) -> Int? {
        let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            var rest = line.drop { blanks.contains($0) }
            guard rest.popFirst() == UInt8(ascii: "[") else { continue }
            rest = rest.drop { blanks.contains($0) }
            if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop { blanks.contains($0) } }
            guard let first = rest.first else { return index + 1 }
            switch first {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "\""),
                UInt8(ascii: "'"), UInt8(ascii: "]"):
                continue
            default:
                return index + 1
            }
        }
        return nil
    }

    private mutating func flatten(_ table: TOMLTable, prefix: String, lines: KeyLines) {
        for key in table.keys {
            guard let value = table[key] else { continue }
            let name = prefix + key
            if let inner = value.table {
                flatten(inner, prefix: name + ".", lines: lines)
            } else {
                entries[name] = Entry(text: Self.text(of: value), line: lines.line(of: name))
            }
        }
    }

    private static func text(of value: any TOMLValueConvertible) -> String {
        if let text = value.string { return text }
        if let flag = value.bool { return flag ? "true" : "false" }
        if let number = value.int { return String(number) }
        if let array = value.array { return array.map { text(of: $0) }.joined(separator: ",") }
        return value.debugDescription
    }
}

/// On which line each dotted name is set; the TOML library keeps positions of errors only.
private struct KeyLines {
    private var lines: [String: Int] = [:]

    init(_ text: String) {
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                section = Self.name(line[line.index(after: line.startIndex)..<end]) + "."
            } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
                lines[section + Self.name(line[..<equals])] = index + 1
            }
        }
    }

    func line(of name: String) -> Int? {
        lines[name]
    }

    private static func name(_ text: Substring) -> String {
        String(text.filter { !" \t\"'".contains($0) })
    }
}
