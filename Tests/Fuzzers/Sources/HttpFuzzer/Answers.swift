/// Answers as a strict client reads them; what no client should get is a finding.
struct Answers {
    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    private(set) var complete: [Answer] = []
    /// Whether another one has begun and has not ended.
    private(set) var isCutShort = false
    private var rest: ArraySlice<UInt8>

    /// The headers that an answer may have: any other was put there by a client.
    private static let headers: Set<String> = [
        "content-type", "content-length", "transfer-encoding", "connection", "date", "server", "cache-control",
        "x-content-type-options", "content-security-policy", "referrer-policy", "x-frame-options",
    ]

    /// Reads everything that a server sent.
    ///
    /// - Parameters:
    ///   - bytes: Over one connection.
    ///   - methods: Of the requests, in order: an answer to HEAD has no body, whatever its headers say.
    init(_ bytes: [UInt8], to methods: [String]) {
        rest = bytes[...]
        while !rest.isEmpty {
            let method = complete.count < methods.count ? methods[complete.count] : nil
            guard let answer = read(to: method) else {
                isCutShort = true
                return
            }
            complete.append(answer)
        }
    }

    private mutating func line() -> String? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        guard line.last == 0x0D, !line.dropLast().contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            fatalError("an answer's line: \(Array(line))")
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    private mutating func read(to method: String?) -> Answer? {
        guard let first = line() else { return nil }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]), (200..<600).contains(status) else {
            fatalError("a status line: \(first)")
        }
        var headers: [String: String] = [:]
        while true {
            guard let line = line() else { return nil }
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].lowercased()
            guard parts.count == 2, Self.headers.contains(name) else { fatalError("a header: \(line)") }
            guard headers.updateValue(parts[1].trimmingPrefix(" ").description, forKey: name) == nil else {
                fatalError("twice: \(line)")
            }
        }
        guard method != "HEAD" else { return Answer(status: status, body: []) }
        if headers["transfer-encoding"] == "chunked" { return chunks().map { Answer(status: status, body: $0) } }
        guard let length = headers["content-length"].flatMap({ Int($0) }), length >= 0 else {
            fatalError("an answer without an end: \(headers)")
        }
        return take(length).map { Answer(status: status, body: $0) }
    }

    private mutating func chunks() -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let size = line() else { return nil }
            guard let count = Int(size, radix: 16) else { fatalError("a chunk of \(size)") }
            guard let chunk = take(count), let end = line() else { return nil }
            guard end.isEmpty else { fatalError("behind a chunk: \(end)") }
            if count == 0 { return body }
            body += chunk
        }
    }
}
