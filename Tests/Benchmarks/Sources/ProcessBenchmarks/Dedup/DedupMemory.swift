import Glibc

/// The memory of a dedup process, in bytes, taken where its set is as large as it ever was.
struct DedupMemory: Sendable {
    /// The set, by the process's own account, which microbenchmarks hold against the allocator's.
    let set: Int
    let residentMax: Int
    let residentNow: Int

    /// What it takes beside its set at most.
    var besideMax: Int { residentMax - set }
    /// What it takes beside its set now.
    var besideNow: Int { residentNow - set }

    /// - Parameter log: Where the process logs, and has told where it serves its status.
    init(_ process: ChildProcess, log: String) {
        // It is brought up to date every half second, and has been so since the last record was read.
        sleep(1)
        residentMax = process.residentBytesMax
        residentNow = process.residentBytes
        guard let port = Self.port(log), let status = Self.status(port) else { stop("no status; see \(log)") }
        set = Self.bytes(status)
        if set == 0 { stop("the status tells of no set: \(status)") }
    }

    private static func port(_ log: String) -> UInt16? {
        guard let file = fopen(log, "r") else { return nil }
        defer { fclose(file) }
        var port: UInt16?
        var line = [CChar](repeating: 0, count: 4096)
        let mark = "url=http://127.0.0.1:"
        while fgets(&line, Int32(line.count), file) != nil {
            guard let place = strstr(line, mark) else { continue }
            // Of several processes the last one is meant.
            port = UInt16(truncatingIfNeeded: atoi(place + mark.utf8.count))
        }
        return port
    }

    private static func status(_ port: UInt16) -> String? {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let request = Array("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        guard isConnected, write(client, request, request.count) == request.count else { return nil }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(client, &part, part.count)
            if count <= 0 { return String(decoding: answer, as: UTF8.self) }
            answer += part[..<count]
        }
    }

    /// The sum over the partitions.
    private static func bytes(_ status: String) -> Int {
        status.split(separator: "\"bytes\":").dropFirst().reduce(0) { $0 + (Int($1.prefix { $0.isNumber }) ?? 0) }
    }
}
