extension StreamServer {
    /// An upstream whose one stream partition sends these lines once `isOpen` says so, and heartbeats after them.
    static func sending(_ lines: [String], isOpen: @escaping @Sendable () -> Bool = { true }) -> StreamServer {
        StreamServer { connection in
            connection.sendHead()
            while !isOpen() { guard connection.send(lines: [""]) else { return } }
            for start in stride(from: 0, to: lines.count, by: 100) {
                connection.send(lines: Array(lines[start..<min(start + 100, lines.count)]))
            }
            connection.heartbeatUntilClosed()
        }
    }
}
