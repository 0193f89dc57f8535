import Glibc
import Kafka
import Tweets

/// The mock cluster in a process of its own, and what it holds: the truth about what arrived.
final class Broker: Sendable {
    let servers: String
    let topics = TopicNames(prefix: "bench")
    let partitionCount: Int

    private let process: ChildProcess
    private let query: KafkaWatermarkQuery

    init(decahose: String, partitionCount: Int) {
        self.partitionCount = partitionCount
        process = ChildProcess([decahose, "broker", "--prefix", "bench", "--partitions", "\(partitionCount)", "--json"])
        guard let line = process.readLine(),
            let start = line.firstRange(of: "\"bootstrapServers\":\"")?.upperBound,
            let end = line[start...].firstIndex(of: "\"")
        else { stop("'decahose broker' did not say where it listens") }
        servers = String(line[start..<end])
        do {
            query = try KafkaWatermarkQuery(["bootstrap.servers": servers], observer: .silent)
        } catch {
            stop("the mock cluster cannot be asked: \(error)")
        }
    }

    deinit {
        process.signal(SIGTERM)
        _ = process.wait()
    }

    private var rawPartitions: [KafkaPartition] {
        (0..<Int32(partitionCount)).map { KafkaPartition(topic: topics.raw, partition: $0) }
    }

    /// How many records raw has ever been given.
    func rawCount() -> Int {
        let marks = (try? query.watermarks(of: rawPartitions, timeout: .seconds(10))) ?? [:]
        return Int(marks.values.reduce(0) { $0 + $1.high })
    }

    /// Waits until raw has been given that many; false where the process ends before, or two minutes go by.
    func waitForRaw(_ count: Int, from process: ChildProcess) -> Bool {
        let deadline = ContinuousClock.now + .seconds(120)
        while rawCount() < count {
            guard process.isRunning, ContinuousClock.now < deadline else { return false }
            usleep(20_000)
        }
        return true
    }

    /// Reads every record of raw that is there.
    func readRaw(_ visit: (borrowing KafkaMessage) -> Void) throws(KafkaError) {
        let consumer = try KafkaConsumer(
            [
                "bootstrap.servers": servers, "group.id": "bench", "enable.partition.eof": "true",
                "enable.auto.commit": "false", "auto.offset.reset": "earliest",
                "fetch.message.max.bytes": "8388608",
            ],
            observer: .silent
        )
        try consumer.assign(rawPartitions.map { KafkaPosition($0, offset: KafkaPosition.beginning) })
        var open = Set(rawPartitions)
        while !open.isEmpty {
            switch consumer.poll(timeout: .seconds(10)) {
            case .message(let message): visit(message)
            case .partitionEnd(let position): open.remove(position.partition)
            case .error(let error, _): throw error
            case .nothing: throw KafkaError(code: .timedOut, message: "raw is not read to its end")
            }
        }
    }
}
