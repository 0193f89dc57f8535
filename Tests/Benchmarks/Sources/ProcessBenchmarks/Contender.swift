/// Something that takes the stream to Kafka.
protocol Contender: Sendable {
    var name: String { get }

    /// Takes `memberCount` members of the body to the broker, once, and checks that every Tweet arrived.
    func run(_ stage: Stage, memberCount: Int) -> Run
}

/// What a run cost.
struct Run: Sendable {
    /// User and system time, from the request on.
    var cpuSeconds: Double
    /// From the request until all of it was acknowledged and the process had ended.
    var seconds: Double
    /// The most memory that the process had resident, bytes; nil for a pipe of several.
    var residentBytesMax: Int?
    /// The same of a process that keeps a set, whose memory counts apart.
    var memory: DedupMemory?
}

/// What contenders run between: the upstream and Kafka.
struct Stage: Sendable {
    let body: TweetBody
    let feeder: StreamFeeder
    let broker: Broker

    /// Checks what came to raw in a run.
    func expect(_ count: Int, after before: Int, of name: String) {
        let arrived = broker.rawCount() - before
        if arrived != count { stop("\(name): \(arrived) records arrived in raw, not \(count)") }
    }
}
