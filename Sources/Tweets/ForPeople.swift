extension Duration {
    /// As people say it: `250 ms`, `5 s`, `2 min 40 s`, `1 h 5 min`, `3 d 2 h`; rounded down to what is shown.
    public var forPeople: String {
        let milliseconds = milliseconds
        if milliseconds < 0 { return "-" + (Duration.zero - self).forPeople }
        if milliseconds < 1000 { return milliseconds == 0 ? "0 s" : "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds < 10, milliseconds % 1000 >= 100 { return "\(seconds).\(milliseconds % 1000 / 100) s" }
        let parts: [(unit: String, size: Int64)] = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
        guard let first = parts.firstIndex(where: { seconds >= $0.size }) else { return "0 s" }
        var texts: [String] = []
        var rest = seconds
        for part in parts[first..<min(first + 2, parts.count)] {
            if rest >= part.size { texts.append("\(rest / part.size) \(part.unit)") }
            rest %= part.size
        }
        return texts.joined(separator: " ")
    }
}

/// Sizes as people say them.
public enum ByteCount {
    /// `512 B`, `64 KiB`, `25.5 MiB`, `2 GiB`; rounded down to what is shown.
    public static func forPeople(_ bytes: Int64) -> String {
        let units: [(unit: String, shift: Int64)] = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        guard let (unit, shift) = units.first(where: { bytes >= 1 << $0.shift }) else { return "\(bytes) B" }
        let tenths = bytes / (1 << shift) * 10 + (bytes % (1 << shift)) * 10 / (1 << shift)
        return tenths >= 1000 || tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
