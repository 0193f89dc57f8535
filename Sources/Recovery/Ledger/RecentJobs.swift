import Tweets

/// Which jobs reach into time that the ledger of a stream partition does not tell yet: of a quarter's thousands a few.
struct RecentJobs: Sendable {
    private var streams: [StreamPartition: Set<String>] = [:]

    /// The jobs that may fill something of a stream partition.
    func ids(of stream: StreamPartition) -> Set<String> { streams[stream] ?? [] }

    /// All of them, each once.
    var all: Set<String> { streams.values.reduce(into: []) { $0.formUnion($1) } }

    /// Takes the state of a job.
    mutating func note(_ job: JobRecord, _ ledgers: [StreamPartition: LedgerRecord]) {
        for stream in job.fills.map(\.stream) {
            if let folded = ledgers[stream]?.to, job.to <= folded { continue }
            streams[stream, default: []].insert(job.id)
        }
    }

    /// Forgets a job.
    mutating func forget(_ job: JobRecord) {
        for stream in job.fills.map(\.stream) { streams[stream]?.remove(job.id) }
    }

    /// Notes that the ledger of a stream partition ends elsewhere; nil where there is none.
    mutating func settle(
        _ stream: StreamPartition,
        from before: Instant?,
        to end: Instant?,
        _ jobs: [String: JobRecord]
    ) {
        if let end, before.map({ $0 <= end }) ?? true {
            streams[stream] = streams[stream]?.filter { jobs[$0].map { $0.to > end } ?? false }
        } else {
            // Back, as only a ledger from elsewhere can go: all of them have to be looked at again.
            let again = jobs.values.filter { job in
                job.fills.contains { $0.stream == stream } && end.map { job.to > $0 } ?? true
            }
            streams[stream] = Set(again.map(\.id))
        }
    }
}
