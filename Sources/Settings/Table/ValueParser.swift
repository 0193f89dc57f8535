import Tweets

/// Reads the texts of settings; each failure says what was expected.
public enum ValueParser {
    /// A text that cannot be read, and what it should have been.
    public struct Failure: Error, Equatable {
        /// What was expected, to be put behind "expected".
        public var expected: String
    }

    /// A duration such as `250ms`, `30s`, `5m`, `12h` or `7d`.
    public static func duration(_ text: String) throws(Failure) -> Duration {
        let units: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for (unit, milliseconds) in units {
            guard text.hasSuffix(unit), let number = Int64(text.dropLast(unit.count)), number >= 0 else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
            if !overflow { return .milliseconds(product) }
        }
        throw Failure(expected: "a duration such as 250ms, 30s, 5m, 12h or 7d")
    }

    /// A size such as `65536`, `64KiB`, `256MiB` or `1GiB`, in bytes.
    public static func size(_ text: String) throws(Failure) -> Int {
        let units: [(String, Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1), ("", 1)]
        for (unit, bytes) in units {
            guard text.hasSuffix(unit), let number = Int(text.dropLast(unit.count)), number >= 0 else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: bytes)
            if !overflow { return product }
        }
        throw Failure(expected: "a size such as 512KiB, 256MiB or 1GiB")
    }

    /// A host and a port, `127.0.0.1:9101` or `[::1]:9101`.
    public static func address(_ text: String) throws(Failure) -> ListenAddress {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw Failure(expected: "host:port, such as 127.0.0.1:9101") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw Failure(expected: "host:port, such as 127.0.0.1:9101") }
        return ListenAddress(host: String(host), port: port)
    }

    /// Whole numbers in a range, separated by commas, each at most once.
    public static func integers(_ text: String, in range: ClosedRange<Int>) throws(Failure) -> [Int] {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part.filter { $0 != " " }), range.contains(number), !numbers.contains(number) else {
                throw Failure(expected: "different whole numbers from \(range.lowerBound), such as 1,2")
            }
            numbers.append(number)
        }
        return numbers
    }

    /// Checks a text against its kind without keeping the value.
    static func check(_ text: String, as kind: ConfigurationKey.Kind) throws(Failure) {
        switch kind {
        case .text, .secret:
            guard !text.isEmpty else { throw Failure(expected: "a text that is not empty") }
        case .name:
            guard (1...100).contains(text.utf8.count), text.utf8.allSatisfy(isNameByte) else {
                throw Failure(expected: "1 to 100 letters, digits, '.', '_' or '-'")
            }
        case .choice(let choices):
            guard choices.contains(text) else { throw Failure(expected: "one of \(choices.joined(separator: ", "))") }
        case .boolean:
            guard ["true", "false"].contains(text) else { throw Failure(expected: "true or false") }
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else {
                throw Failure(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .duration(let range):
            guard range.contains(try duration(text)) else {
                throw Failure(
                    expected: "a duration from \(describe(range.lowerBound)) to \(describe(range.upperBound))"
                )
            }
        case .size(let range):
            guard range.contains(try size(text)) else {
                throw Failure(expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes")
            }
        case .proxy:
            try checkProxy(text)
        case .integers(let range):
            _ = try integers(text, in: range)
        case .address:
            _ = try address(text)
        case .url:
            let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.dropFirst(7)
            guard text.hasPrefix("http://") || text.hasPrefix("https://"), let first = rest.first, first != "/",
                !rest.contains("@")
            else { throw Failure(expected: "a URL that begins with http:// or https:// and holds no credentials") }
        }
    }

    /// What the URL of a proxy may begin with.
    static let proxySchemes = ["http://", "https://", "socks5://", "socks5h://"]

    /// Checks `scheme://[user:password@]host[:port]`; the text may hold credentials and is in no error.
    private static func checkProxy(_ text: String) throws(Failure) {
        let expected = "a proxy's URL, \(proxySchemes.joined(separator: ", ")) and then [user:password@]host:port"
        guard let scheme = proxySchemes.first(where: { text.hasPrefix($0) }) else { throw Failure(expected: expected) }
        let address = text.dropFirst(scheme.count)
        let host = address.lastIndex(of: "@").map { address[address.index(after: $0)...] } ?? address
        guard let first = host.first, !":/".contains(first), !host.contains(where: \.isWhitespace) else {
            throw Failure(expected: expected)
        }
    }

    /// A duration as it is written in a configuration.
    public static func describe(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        return seconds > 0 && seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds)s"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

/// Where a server listens.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address.
    public var host: String
    /// 0 picks a free one.
    public var port: Int

    /// An address from its parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
