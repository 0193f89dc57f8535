import Glibc

/// Tells one process of a bridge from every other, in records that bridges read of each other.
enum ProcessName {
    /// `host:process:random`.
    ///
    /// Host and process are for people. Containers share both (a cloned host name, process 1), and so do a bridge and
    /// its successor after a restart; without the random part they would take each other's sessions for their own.
    static func make() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&buffer, buffer.count) == 0
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let random = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        let padding = String(repeating: "0", count: 8 - random.count)
        return "\(isKnown ? name : "localhost"):\(getpid()):\(padding)\(random)"
    }
}
