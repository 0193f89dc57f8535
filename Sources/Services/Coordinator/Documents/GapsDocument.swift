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

    /// Every gap with its jobs.
    static func all(_ gaps: [GapRecord], jobs: [JobRecord], at now: Instant) -> [GapDocument] {
        let jobs = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        return gaps.map { gap in
            GapDocument(gap, jobs: gap.jobs.compactMap { jobs[$0] }.map { JobDocument($0, at: now) })
        }
    }
}

/// What `decahose gaps --json` prints and `/gaps` answers.
struct GapsDocument: Encodable {
    var gaps: [GapDocument]
    var lost: LostDocument

    init(_ gaps: [GapRecord], jobs: [JobRecord], lost: LostTime, at now: Instant) {
        self.lost = LostDocument(lost)
        self.gaps = GapDocument.all(gaps, jobs: jobs, at: now)
    }
}
