import Tweets

/// What `decahose gaps --json` prints and `/gaps` answers.
struct GapsDocument: Encodable {
    struct Job: Encodable {
        var id: String
        var state: JobRecord.State
        var from: Instant
        var to: Instant
        var attempts: Int
        var received: Int64
        /// Nil, written as null, where no census has told it.
        var emitted: Int64?
        var offsets: [Int: SessionRecord.Offsets]
        var error: String?

        enum CodingKeys: String, CodingKey {
            case id
            case state
            case from
            case to
            case attempts
            case received
            case emitted
            case offsets
            case error
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            try container.encode(state, forKey: .state)
            try container.encode(from, forKey: .from)
            try container.encode(to, forKey: .to)
            try container.encode(attempts, forKey: .attempts)
            try container.encode(received, forKey: .received)
            try container.encode(emitted, forKey: .emitted)
            try container.encode(offsets, forKey: .offsets)
            try container.encodeIfPresent(error, forKey: .error)
        }
    }

    struct Gap: Encodable {
        var id: String
        var stream: StreamProduct
        var partition: Int
        var from: Instant
        var to: Instant
        var state: GapRecord.State
        var source: GapRecord.Source
        var deletes: GapRecord.Deletes
        var jobs: [Job]
        var rawOffsets: GapRecord.RawOffsets
        var missing: [EventInterval]
        var unrecoverable: [EventInterval]
        var reason: String?
    }

    var gaps: [Gap]

    init(_ gaps: [GapRecord], jobs: [JobRecord], census: [CensusRecord]) {
        let jobs = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        self.gaps = gaps.map { gap in
            Gap(
                id: gap.id,
                stream: gap.stream.product,
                partition: gap.stream.number,
                from: gap.from,
                to: gap.to,
                state: gap.state,
                source: gap.source,
                deletes: gap.deletes,
                jobs: gap.jobs.compactMap { jobs[$0] }.map { Job($0, census: census) },
                rawOffsets: gap.rawOffsets,
                missing: gap.missing,
                unrecoverable: gap.unrecoverable,
                reason: gap.reason
            )
        }
    }
}

extension GapsDocument.Job {
    init(_ job: JobRecord, census: [CensusRecord]) {
        self.init(
            id: job.id,
            state: job.state,
            from: job.from,
            to: job.to,
            attempts: job.attempts,
            received: job.received,
            emitted: Self.emitted(job, census),
            offsets: job.offsets,
            error: job.error
        )
    }

    /// How many Tweets were new, as the census tells it for the minutes of the job; nil where it says nothing of
    /// recovery.
    private static func emitted(_ job: JobRecord, _ census: [CensusRecord]) -> Int64? {
        let streams = Set(job.fills.map(\.stream.number))
        let told = census.filter { minute in
            minute.part == .recovery && minute.minute < job.to && job.from < minute.minute + .seconds(60)
        }
        .flatMap(\.rows)
        .filter { streams.contains($0.stream) || $0.stream == 0 }
        .compactMap { $0.bySource[RecordHeader.Source.recovery.rawValue] }
        return told.isEmpty ? nil : told.reduce(0) { $0 + Int64($1) }
    }
}
