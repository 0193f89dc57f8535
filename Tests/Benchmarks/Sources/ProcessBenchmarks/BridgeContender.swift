import AllocationCounts
import Glibc
import Synchronization

/// The product: `decahose bridge`, reading one stream partition.
///
/// Starting up, waiting for twins and the like is no work on Tweets: time counts from the request on, the orderly end
/// included.
struct BridgeContender: Contender {
    let decahose: String
    /// Where it logs.
    let log: String
    let name = "bridge"
    /// Preloaded, and where it counts; nil for an undisturbed run.
    var allocations: AllocationRecord?
    /// `bridge.buffer_bytes`; nil for the default.
    var bufferMebibytes: Int?

    func run(_ stage: Stage, memberCount: Int) -> Run {
        let before = stage.broker.rawCount()
        let count = memberCount * stage.body.tweetsPerMember
        let process = start(stage)
        let atRequest = Moment()
        let allocations = allocations
        stage.feeder.serveNext(memberCount: memberCount, endsAnswer: false) {
            atRequest.take(process.cpuSeconds)
            allocations?.begin()
        }
        if !stage.broker.waitForRaw(before + count, from: process) {
            process.signal(SIGKILL)
            stop("\(name): \(stage.broker.rawCount() - before) of \(count) Tweets came; see \(log)")
        }
        allocations?.end()
        let residentBytesMax = process.residentBytesMax
        process.signal(SIGTERM)
        let end = process.wait()
        // 0 also means that the bridge knows of every record that it is acknowledged.
        if end.status != 0 { stop("\(name): it ended with \(end.status); see \(log)") }
        stage.expect(count, after: before, of: name)
        let (time, cpuSeconds) = atRequest.value
        return Run(
            cpuSeconds: end.cpuSeconds - cpuSeconds,
            seconds: (ContinuousClock.now - time) / .seconds(1),
            residentBytesMax: residentBytesMax
        )
    }

    private func start(_ stage: Stage) -> ChildProcess {
        var environment = [
            "DECAHOSE_STREAM_BASE_URL": stage.feeder.url,
            "DECAHOSE_STREAM_ACCOUNT": "bench",
            "DECAHOSE_STREAM_USERNAME": "bench",
            "DECAHOSE_STREAM_PASSWORD": "bench",
            "DECAHOSE_STREAM_PARTITIONS": "1",
            "DECAHOSE_STREAM_BACKFILL": "false",
            // A name of its own each time: there is no twin to look for and no history to go on from.
            "DECAHOSE_BRIDGE_CONNECTION": "b\(UInt32.random(in: 0 ... .max))",
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": stage.broker.servers,
            "DECAHOSE_TOPICS_PREFIX": stage.broker.topics.prefix,
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        if let bufferMebibytes { environment["DECAHOSE_BRIDGE_BUFFER_BYTES"] = "\(bufferMebibytes)MiB" }
        if let allocations {
            environment["LD_PRELOAD"] = allocations.library
            environment["ALLOCATION_COUNTS"] = allocations.path
        }
        return ChildProcess([decahose, "bridge"], environment: environment, errors: log)
    }
}

/// When a request came, and what its process had used by then.
private final class Moment: Sendable {
    private let taken = Mutex<(ContinuousClock.Instant, Double)?>(nil)

    func take(_ cpuSeconds: Double) {
        taken.withLock { $0 = ($0 ?? (ContinuousClock.now, cpuSeconds)) }
    }

    var value: (ContinuousClock.Instant, Double) { taken.withLock { $0 } ?? (.now, 0) }
}
