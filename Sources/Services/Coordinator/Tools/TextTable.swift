import Tweets

/// Columns and sentences for a terminal of 80 columns.
public enum TextTable {
    /// No line is longer, where its words allow it.
    static let width = 80

    /// Lines with every column as wide as its widest cell; the last is left as it is.
    ///
    /// - Parameter flexible: A column that is made narrower where a line would be longer than the terminal is wide: its
    ///   cells go on in the next line.
    public static func text(_ header: [String], _ rows: [[String]], flexible: Int? = nil) -> String {
        var widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        if let flexible {
            let others = widths.indices.reduce(2 * (widths.count - 1)) { $1 == flexible ? $0 : $0 + widths[$1] }
            widths[flexible] = max(header[flexible].count, min(widths[flexible], width - others))
        }
        return ([header] + rows).map { row in
            let first = line(row.indices.map { $0 == flexible ? pieces(row[$0], widths[$0])[0] : row[$0] }, widths)
            guard let flexible else { return first }
            return pieces(row[flexible], widths[flexible]).dropFirst().reduce(first) { text, piece in
                text + line(row.indices.map { $0 == flexible ? piece : "" }, widths)
            }
        }.joined()
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let padding = column == cells.count - 1 ? 0 : widths[column] - cell.count + 2
            line += cell + String(repeating: " ", count: max(0, padding))
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    /// A sentence in as many lines as it needs, each ended by a line break.
    ///
    /// - Parameter indent: Spaces before each line.
    static func wrapped(_ text: String, indent: Int = 0) -> String {
        pieces(text, width - indent).map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
    }

    /// Cuts at spaces, and through a word that is longer than a line; at least one piece.
    private static func pieces(_ text: String, _ width: Int) -> [String] {
        let width = max(1, width)
        var pieces: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                pieces.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
            while line.count > width {
                pieces.append(String(line.prefix(width)))
                line = String(line.dropFirst(width))
            }
        }
        if !line.isEmpty || pieces.isEmpty { pieces.append(line) }
        return pieces
    }

    /// `12m05s`, `2h10m`, `850ms`.
    static func length(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
        if seconds < 86400 { return "\(seconds / 3600)h\(two(seconds / 60 % 60))m" }
        return "\(seconds / 86400)d\(two(seconds / 3600 % 24))h"
    }

    /// `11-23 20:45:01`: the year is that of the report.
    static func moment(_ instant: Instant) -> String {
        let text = Array(instant.description)
        return String(text[5..<10]) + " " + String(text[11..<19])
    }

    /// `812331`, `1.2M`, `45G`: at most six characters up to 10¹⁵.
    static func count(_ number: Int64) -> String {
        guard number >= 1_000_000 else { return "\(number)" }
        var unit = 0
        var size: Int64 = 1_000_000
        while number / size >= 1000, unit < 2 {
            size *= 1000
            unit += 1
        }
        let tenths = number / (size / 10)
        return (tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)") + ["M", "G", "T"][unit]
    }

    /// `[####------]`.
    static func bar(_ share: Double, width: Int = 10) -> String {
        let full = max(0, min(width, Int(share * Double(width))))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: width - full) + "]"
    }

    private static func two(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
