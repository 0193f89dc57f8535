import Tweets

/// A gap in every answer, with the jobs that were made for it.
struct GapDocument: Encodable {
    var id: String
    var stream: StreamProduct
    var partition: Int
    var from: Instant
    var to: Instant
    var state: GapRecord.State
    var source: GapRecord.Source
    var deletes: GapRecord.Deletes
    var jobs: [JobDocument]
    var rawOffsets: GapRecord.RawOffsets
    var missing: [EventInterval]
    var unrecoverable: [EventInterval]
    var reason: String?

    init(_ gap: GapRecord, jobs: [JobDocument]) {
        id = gap.id
        stream = gap.stream.product
        partition = gap.stream.number
        from = gap.from
        to = gap.to
        state = gap.state
        source = gap.source
        deletes = gap.deletes
        self.jobs = jobs
        rawOffsets = gap.rawOffsets
        missing = gap.missing
        unrecoverable = gap.unrecoverable
        reason = gap.reason
    }
}

/// What `decahose gaps --json` prints and `/gaps` answers.
struct GapsDocument: Encodable {
    var gaps: [GapDocument]

    init(_ gaps: [GapRecord], jobs: [JobRecord], at now: Instant) {
        let jobs = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        self.gaps = gaps.map { gap in
            GapDocument(gap, jobs: gap.jobs.compactMap { jobs[$0] }.map { JobDocument($0, at: now) })
        }
    }
}
