/// Counts the requests at the start of a client's bytes that nobody could read in two ways: each needs its answer.
struct PlainRequests {
    private(set) var count = 0
    private var rest: ArraySlice<UInt8>

    private static let headers: Set<String> = ["host", "authorization", "content-type", "content-length"]

    init(_ bytes: some Sequence<UInt8>) {
        rest = Array(bytes)[...]
        while readOne() { count += 1 }
    }

    /// A line of visible characters and spaces.
    private mutating func line() -> String? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        guard line.last == 0x0D, line.dropLast().allSatisfy({ (0x20...0x7E).contains($0) }), line.count < 200 else {
            return nil
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    private mutating func readOne() -> Bool {
        guard let words = line()?.split(separator: " ", omittingEmptySubsequences: false), words.count == 3,
            words[0] == "GET" || words[0] == "POST", words[2] == "HTTP/1.1",
            words[1].first == "/", words[1].utf8.allSatisfy({ Self.isPlain($0) })
        else { return false }
        var headers: [String: Substring] = [:]
        while true {
            guard let line = line() else { return false }
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].lowercased()
            guard parts.count == 2, Self.headers.contains(name), headers[name] == nil else { return false }
            headers[name] = parts[1].trimmingPrefix(" ")
        }
        guard headers["host"] != nil else { return false }
        let length = headers["content-length"]
        guard words[0] == "POST" || length == nil else { return false }
        guard let length else { return true }
        guard length.count <= 5, length.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(length),
            rest.count >= count
        else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"),
            UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
