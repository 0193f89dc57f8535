import Glibc

/// What the command line says.
struct Options: Sendable {
    /// More Tweets and more runs.
    var isFull = false
    /// One benchmark instead of all.
    var only: String?
    /// The executable.
    var decahose = ".build/release/decahose"
    /// A file with one payload a line; nil generates them.
    var payloads: String?
    /// Where the other products of this package are.
    let directory: String

    init(_ arguments: [String]) {
        let program = CommandLine.arguments[0]
        directory = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--full": isFull = true
            case "--only": only = rest.popFirst()
            case "--decahose": decahose = rest.popFirst() ?? decahose
            case let option where option.hasPrefix("-"): Self.usage("'\(option)' is no option")
            default: payloads = argument
            }
        }
        if access(decahose, X_OK) != 0 { Self.usage("'\(decahose)' is not there; build it first: make build") }
        if let only, !(Self.ofBridge + Self.ofDedup).contains(only) {
            Self.usage("'\(only)' is no benchmark")
        }
    }

    /// Benchmarks of the bridge, on librdkafka's mock cluster.
    static let ofBridge = ["bridge", "memory", "pipes", "allocations"]
    /// Benchmarks of the dedup stage, on a real Kafka.
    static let ofDedup = ["dedup", "latency", "failover", "restore"]

    var memberCount: Int { isFull ? 20 : 10 }
    /// Tweets in raw, each twice.
    var dedupTweetCount: Int { isFull ? 200_000 : 100_000 }
    var runs: Int { isFull ? 9 : 5 }

    func includes(_ benchmark: String) -> Bool { only == nil || only == benchmark }

    private static func usage(_ problem: String) -> Never {
        complain(problem)
        let names = (ofBridge + ofDedup).joined(separator: "|")
        complain("  [--full] [--only \(names)] [--decahose <path>] [<file of payload lines>]")
        exit(64)
    }
}
