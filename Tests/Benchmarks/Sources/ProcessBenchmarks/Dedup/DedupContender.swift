import Glibc
import Tweets

/// The product: `decahose dedup`, reading a raw topic that is full already.
///
/// The CPU time of its whole life is measured, starting up and the orderly end included.
struct DedupContender {
    let decahose: String
    let kafka: RealKafka
    /// Where it logs.
    let log: String

    func run(_ names: TopicNames, _ copies: RawCopies) -> Run {
        let begin = ContinuousClock.now
        let process = start(names)
        guard kafka.awaitCommitted(names, partitionCount: copies.partitionCount, by: process, seconds: 300) else {
            process.signal(SIGKILL)
            stop("dedup did not get through \(names.raw); see \(log)")
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        let memory = DedupMemory(process, log: log)
        process.signal(SIGTERM)
        let end = process.wait()
        if end.status != 0 { stop("dedup ended with \(end.status); see \(log)") }
        copies.verify(names, kafka)
        return Run(cpuSeconds: end.cpuSeconds, seconds: seconds, memory: memory)
    }

    /// Starts it.
    func start(_ names: TopicNames) -> ChildProcess {
        var environment = kafka.environment(names)
        environment["DECAHOSE_DEDUP_INSTANCE"] = "bench"
        return ChildProcess([decahose, "dedup"], environment: environment, errors: log)
    }
}

/// The least work with the same library: all records of raw, passed on.
struct DedupFloorContender {
    let directory: String
    let kafka: RealKafka
    /// The bound of the stage's own commit interval.
    static let commitInterval: Duration = .milliseconds(100)

    func run(_ names: TopicNames, _ copies: RawCopies) -> Run {
        let output = "\(names.prefix).floor"
        kafka.makeTopic(output, partitionCount: copies.partitionCount)
        let begin = ContinuousClock.now
        let process = ChildProcess([
            "\(directory)/DedupFloor", kafka.servers, names.raw, output, "\(names.prefix)-floor", "100",
            "\(copies.recordCount)",
        ])
        let end = process.wait()
        if end.status != 0 { stop("DedupFloor ended with \(end.status)") }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        var count = 0
        kafka.readCommitted(output, partitionCount: copies.partitionCount) { _ in count += 1 }
        if count != copies.recordCount { stop("the floor passed \(count) records on, not \(copies.recordCount)") }
        kafka.deleteTopics([output])
        return Run(cpuSeconds: end.cpuSeconds, seconds: seconds)
    }
}
