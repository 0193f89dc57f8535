import Glibc
import Kafka
import Tweets

/// From the start of the process until every partition is read, with a day of IDs in `seen`.
struct RestoreBenchmark {
    let contender: DedupContender
    let kafka: RealKafka
    let idCount: Int

    struct Result {
        let seconds: Double
        let cpuSeconds: Double
        /// From the assignment of the partitions on: what the group's brokers take to form it is none of ours.
        let restoreSeconds: Double
        let memory: DedupMemory
        let recordCount: Int
    }

    private static let partitionCount = 6
    private static let readText = "A partition is read."
    private static let durationText = "duration=\""

    func run() -> Result {
        let names = kafka.makeTopics("restore", partitionCount: Self.partitionCount)
        defer { kafka.deleteTopics(names.all) }
        let changelog = SeenChangelog(
            idCount: idCount,
            partitionCount: Self.partitionCount,
            end: Instant(seconds: Int64(time(nil)) - 60)
        )
        let recordCount = changelog.write(to: names, kafka)
        unlink(contender.log)
        let begin = ContinuousClock.now
        let process = contender.start(names)
        while partitionsRead.count < Self.partitionCount {
            guard process.isRunning, .now - begin < .seconds(300) else {
                process.signal(SIGKILL)
                stop("dedup did not restore its sets; see \(contender.log)")
            }
            // The end is seen in the log, a hundredth of a second late at most.
            usleep(10_000)
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        let cpuSeconds = process.cpuSeconds
        let memory = DedupMemory(process, log: contender.log)
        sendCopies(changelog, names)
        let isThrough = kafka.awaitCommitted(
            names,
            partitionCount: Self.partitionCount,
            by: process,
            seconds: 60
        )
        process.signal(SIGTERM)
        guard isThrough, process.wait().status == 0 else { stop("dedup did not go on; see \(contender.log)") }
        var emitted = 0
        kafka.readCommitted(names.tweets, partitionCount: Self.partitionCount) { _ in emitted += 1 }
        if emitted > 0 { stop("\(emitted) IDs that were in the changelog were not known after the restore") }
        return Result(
            seconds: seconds,
            cpuSeconds: cpuSeconds,
            restoreSeconds: partitionsRead.secondsMax,
            memory: memory,
            recordCount: recordCount
        )
    }

    /// How many partitions are read, and how long the slowest of them took.
    private var partitionsRead: (count: Int, secondsMax: Double) {
        var count = 0
        var millisecondsMax: Int32 = 0
        guard let file = fopen(contender.log, "r") else { return (0, 0) }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            guard strstr(line, Self.readText) != nil else { continue }
            count += 1
            if let duration = strstr(line, Self.durationText) {
                millisecondsMax = max(millisecondsMax, atoi(duration + Self.durationText.utf8.count))
            }
        }
        return (count, Double(millisecondsMax) / 1000)
    }

    /// Copies of some of the IDs, all of which must be known.
    private func sendCopies(_ changelog: SeenChangelog, _ names: TopicNames) {
        attempt("copies to \(names.raw)") { () throws(KafkaError) in
            let producer = try KafkaProducer(kafka.properties, observer: .silent)
            let raw = try producer.topic(names.raw, timeout: .seconds(20))
            let value = Array("{}".utf8)
            for number in stride(from: 0, to: idCount, by: SeenChangelog.sampleInterval) {
                let result = value.withUnsafeBytes { value in
                    changelog.id(number)?.withDecimal { key in
                        producer.produce(
                            to: raw,
                            partition: KafkaPartitioner.partition(of: key, count: raw.partitionCount),
                            key: key,
                            value: value,
                            timestampMilliseconds: 0
                        )
                    }
                }
                if result != .queued { stop("a copy cannot be written") }
            }
            if !producer.flush(timeout: .seconds(30), expectAcknowledged) { stop("copies were not acknowledged") }
        }
    }
}
