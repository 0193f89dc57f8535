import FoundationEssentials
import Glibc

/// What the system says of this process.
enum ProcessEnvironment {
    /// All environment variables.
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// The host's name, as instance names and records use it.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
