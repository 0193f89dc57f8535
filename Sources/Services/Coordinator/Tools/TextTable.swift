import Tweets

/// Columns of text for a terminal of 80 columns.
public enum TextTable {
    /// Lines with every column as wide as its widest cell; the last is left as it is.
    public static func text(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = column == row.count - 1 ? 0 : widths[column] - cell.count + 2
                line += cell + String(repeating: " ", count: max(0, padding))
            }
            return line + "\n"
        }.joined()
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

    /// `[####------]`.
    static func bar(_ share: Double, width: Int = 10) -> String {
        let full = max(0, min(width, Int(share * Double(width))))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: width - full) + "]"
    }

    private static func two(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
