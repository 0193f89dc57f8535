import FuzzSupport
import Tweets

/// Where the play's time begins.
enum Draw {
    static let base = Instant(milliseconds: 1_795_000_000_000)
    /// The times that a record may hold.
    static let sayable = Int64(-30_610_224_000_000)...221_845_391_999_999
}

extension FuzzInput {
    /// A number that can come out of a record: what is longer is refused with it.
    ///
    /// One digit less than that, so that what is added to it can be read too.
    mutating func count() -> Int64 { number() % 100_000_000_000_000 }

    /// What our own pipeline or a broker may say.
    mutating func size() -> Int64 { Int64(count().magnitude) / 1000 }

    /// A Kafka partition as a record names it.
    mutating func partition() -> Int { byte() == 0 ? Int(truncatingIfNeeded: count()) : Int(byte() % 4) }

    mutating func instant() -> Instant {
        switch byte() % 8 {
        case 0: Instant(milliseconds: min(max(number(), Draw.sayable.lowerBound), Draw.sayable.upperBound))
        case 1...3: Draw.base + .seconds(Int64(byte()) * 60 - 7200)
        default: Draw.base + .milliseconds(Int64(byte()) * 997)
        }
    }

    mutating func interval() -> EventInterval { EventInterval(from: instant(), to: instant()) }

    mutating func stream() -> StreamPartition {
        StreamPartition(product: flag() ? .sample10 : .compliance, number: Int(byte() % 4) + 1)
    }

    mutating func record() -> ControlRecord {
        switch byte() % 8 {
        case 0, 1: .session(session())
        case 2: .gap(gap())
        case 3: .job(job())
        case 4:
            .loss(
                LossRecord(
                    kafkaPartition: partition(),
                    fromOffset: count(),
                    toOffset: count(),
                    foundAt: instant(),
                    finding: flag() ? .truncation : nil
                )
            )
        case 5: .census(census())
        case 6: .ledger(ledger())
        default:
            .topics(TopicsRecord(partitions: Int(truncatingIfNeeded: count()), recordedAt: instant(), recordedBy: "x"))
        }
    }

    private mutating func session() -> SessionRecord {
        let start = instant()
        var record = SessionRecord(
            connection: pick(["a", "b"]),
            stream: stream(),
            session: "s\(byte() % 8)",
            host: "h",
            serverDate: start,
            localDate: instant(),
            backfill: .init(
                askedMinutes: Int(truncatingIfNeeded: count()),
                creditedFrom: flag() ? instant() : nil,
                decided: flag()
            )
        )
        record.sequence = count()
        record.updatedAt = instant()
        record.covered = flag() ? interval() : nil
        record.holes = list(2) { $0.interval() }
        for _ in 0..<byte() % 3 {
            record.offsets[partition()] = .init(first: count(), last: count())
        }
        record.counters.framed = count()
        record.counters.tweets = count()
        record.counters.acknowledged = count()
        record.counters.lost = count()
        record.closed = flag() ? pick(SessionRecord.CloseReason.allCases) : nil
        return record
    }

    private mutating func gap() -> GapRecord {
        var record = GapRecord(
            id: "g\(byte() % 4)",
            stream: stream(),
            range: interval(),
            state: pick([.open, .closed, .scheduled, .running, .filled, .settled, .partial, .withdrawn, .unrecoverable]
            ),
            source: pick([.sessions, .hole, .loss, .truncation]),
            openedAt: instant()
        )
        record.missing = list(2) { $0.interval() }
        record.unrecoverable = list(2) { $0.interval() }
        record.jobs = list(2) { "j\($0.byte() % 4)" }
        record.rawOffsets.opened = [partition(): count()]
        record.rawOffsets.closed = [partition(): count()]
        record.updatedAt = instant()
        return record
    }

    private mutating func job() -> JobRecord {
        var record = JobRecord(
            id: "j\(byte() % 4)",
            origin: flag() ? .gap : .manual,
            product: .sample10,
            partition: flag() ? Int(byte() % 4) : nil,
            range: interval(),
            fills: list(2) { StreamIntervals(stream: $0.stream(), intervals: $0.list(2) { $0.interval() }) },
            knownOffset: count(),
            createdAt: instant()
        )
        record.gaps = list(2) { "g\($0.byte() % 4)" }
        record.state = pick([.requested, .running, .waiting, .paused, .completed, .failed, .cancelled])
        record.attempts = Int(truncatingIfNeeded: count())
        record.remaining = list(3) { $0.interval() }
        record.received = count()
        record.acknowledged = count()
        record.offsets[partition()] = .init(first: count(), last: count())
        record.lost = list(2) { $0.interval() }
        return record
    }

    private mutating func census() -> CensusRecord {
        var record = CensusRecord(
            minute: instant(),
            kafkaPartition: partition(),
            rows: list(3) { input in
                CensusRecord.Row(
                    stream: Int(input.byte() % 4),
                    byConnections: [input.pick(["a", "b", "a+b", ""]): Int(truncatingIfNeeded: input.count())],
                    bySource: [input.pick(["live", "backfill", "recovery"]): Int(truncatingIfNeeded: input.count())]
                )
            },
            valid: flag()
        )
        record.part = flag() ? .recovery : nil
        return record
    }

    private mutating func ledger() -> LedgerRecord {
        LedgerRecord(
            stream: stream(),
            from: instant(),
            to: instant(),
            covered: list(2) { $0.interval() },
            byConnection: ["a": list(2) { $0.interval() }],
            filled: list(2) { $0.interval() },
            unrecoverable: list(2) { $0.interval() },
            knownOffset: count(),
            updatedAt: instant()
        )
    }
}
