import Tweets

@testable import Dedup

/// Some Kafka partitions of raw, each with a core, its changelog, and what it publishes: fed with deliveries.
struct CensusBench {
    let timing: DedupTiming
    private(set) var cores: [DedupCore]
    /// What control holds after compaction.
    private(set) var control: [ControlKey: CensusRecord] = [:]
    private var logs: [[[UInt8]]]
    private var reader = OriginReader()

    init(timing: DedupTiming, partitions: Int) {
        self.timing = timing
        cores = Array(repeating: DedupCore(timing: timing), count: partitions)
        logs = Array(repeating: [], count: partitions)
    }

    func partition(of id: TweetID) -> Int {
        id.withDecimal { Int(KafkaPartitioner.partition(of: $0, count: Int32(cores.count))) }
    }

    mutating func origin(_ header: RecordHeader) -> CopyOrigin {
        Array(header.text.utf8).withUnsafeBytes { reader.origin(of: $0) }
    }

    mutating func decide(_ record: RawRecord) -> DedupVerdict {
        cores[partition(of: record.id)].decide(record)
    }

    mutating func undo() {
        for index in cores.indices { cores[index].undo() }
    }

    mutating func commit() {
        for index in cores.indices {
            var bytes: [UInt8] = []
            cores[index].changes(number: UInt64(logs[index].count + 1), nextOffset: 1).encode(into: &bytes)
            logs[index].append(bytes)
            for record in cores[index].censusRecords(kafkaPartition: index, origins: reader) {
                control[record.key] = record
            }
            cores[index].commit()
        }
    }

    /// Another owner restores a partition out of its changelog.
    mutating func takeOver(_ partition: Int) {
        var fold = RestoreFold(timing: timing)
        for bytes in logs[partition] { bytes.withUnsafeBytes { fold.add($0, offset: 0) } }
        guard case .restored(let core, _, _, _) = fold.finish(committed: 1) else {
            preconditionFailure("the restore of partition \(partition) was refused")
        }
        cores[partition] = core
    }
}
