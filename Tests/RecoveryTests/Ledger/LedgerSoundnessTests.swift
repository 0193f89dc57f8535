import Testing
import Tweets

@testable import Recovery

/// Invariant 4 against a model that holds a flag for every second of event time.
///
/// A world of sessions, holes, censuses and losses is drawn; its records reach the control topic in a random order and
/// with random delays; a coordinator looks at random moments, makes jobs that may fail in parts, and is now and then
/// replaced by one that starts from the compacted topic. After every look: covered ∪ gaps ∪ filled is the whole timeline
/// up to the frontier, told from the delivered records alone.
@Suite("The ledger is sound for every order and delay of records")
struct LedgerSoundnessTests {
    static let length = 4000
    static let timing = LedgerTiming(slack: .seconds(20))

    /// What an observer who sees the same records must conclude, by the second.
    struct Model {
        var sessions: [ControlKey: SessionRecord] = [:]
        var census: [ControlKey: CensusRecord] = [:]
        var losses: [ControlKey: (record: LossRecord, offset: Int64)] = [:]
        var jobs: [String: JobRecord] = [:]

        static func mark(_ flags: inout [Bool], _ interval: EventInterval, _ value: Bool = true) {
            let from = max(0, (interval.from - midnight).milliseconds / 1000)
            let to = min(Int64(LedgerSoundnessTests.length), (interval.to - midnight).milliseconds / 1000)
            guard from < to else { return }
            for second in from..<to { flags[Int(second)] = value }
        }

        static var none: [Bool] { [Bool](repeating: false, count: LedgerSoundnessTests.length) }

        var lostEver: [Bool] {
            var flags = Self.none
            for loss in losses.values {
                for time in loss.record.eventTime ?? [] { for one in time.intervals { Self.mark(&flags, one) } }
            }
            return flags
        }

        var covered: [Bool] {
            var union = Self.none
            for connection in Set(sessions.values.map(\.connection)) {
                let own = sessions.values.filter { $0.connection == connection }
                var claimed = Self.none
                for record in own {
                    if let covered = record.covered { Self.mark(&claimed, covered) }
                }
                var holes = Self.none
                for record in own { for one in record.holes { Self.mark(&holes, one) } }
                for record in census.values where record.valid {
                    let first = Int((record.minute - midnight).milliseconds / 1000)
                    let missed = record.rows.contains { row in
                        row.byConnections.contains { !$0.key.contains(connection) && $0.value > 0 }
                    }
                    if missed, claimed[first..<first + 60].allSatisfy(\.self) {
                        for second in first..<first + 60 { holes[second] = true }
                    }
                }
                for second in union.indices where claimed[second] && !holes[second] { union[second] = true }
            }
            let lost = lostEver
            return zip(union, lost).map { $0 && !$1 }
        }

        var filled: [Bool] {
            var filled = Self.none
            for job in jobs.values {
                var done = Self.none
                for fill in job.fills { for one in fill.intervals { Self.mark(&done, one) } }
                for one in job.remaining { Self.mark(&done, one, false) }
                for loss in losses.values where loss.offset >= job.knownOffset {
                    for time in loss.record.eventTime ?? [] {
                        for one in time.intervals { Self.mark(&done, one, false) }
                    }
                }
                for second in done.indices where done[second] { filled[second] = true }
            }
            return filled
        }

        /// The first second of the timeline.
        var start: Int? {
            sessions.values.map {
                min(
                    Int(
                        ($0.covered?.from ?? .init(milliseconds: .max)).milliseconds / 1000
                            - midnight.milliseconds / 1000
                    ),
                    Int((LedgerTiming.leftEnd(of: $0) - midnight).milliseconds / 1000)
                )
            }.min()
        }
    }

    /// Every record of the world, with the moment at which it reaches the control topic.
    static func world(_ generator: inout SplitMix64) -> [(at: Int, record: ControlRecord)] {
        var records: [(at: Int, record: ControlRecord)] = []
        for connection in ["a", "b"] {
            var second = Int.random(in: 0...100, using: &generator)
            var number = 0
            while second < length - 200 {
                let end = min(length, second + Int.random(in: 20...1200, using: &generator))
                let left = second + 5
                let from = generator.chance(0.3) ? max(0, left - Int.random(in: 0...200, using: &generator)) : left
                var holes: [EventInterval] = []
                var sequence: Int64 = 0
                var to = left
                while to < end - 20 {
                    to = min(end - 20, to + Int.random(in: 1...150, using: &generator))
                    if generator.chance(0.1) { holes.append(span(Int64(to - 10), Int64(to - 5))) }
                    sequence += 1
                    let isLast = to >= end - 20
                    let record = session(
                        connection,
                        "\(number)",
                        sequence: sequence,
                        date: at(Int64(second)),
                        covered: span(Int64(from), Int64(to)),
                        holes: holes,
                        closed: isLast && generator.chance(0.7) ? .tcp : nil
                    )
                    records.append((to + 20 + Int.random(in: 0...300, using: &generator), .session(record)))
                }
                number += 1
                second = end + Int.random(in: 0...500, using: &generator)
            }
        }
        for number in 0..<8 {
            let minute = Int.random(in: 0..<length / 60, using: &generator) * 60
            let counts = [["a": 3, "a+b": 90], ["b": 1, "a+b": 9], ["a": 2, "b": 3]].randomElement(using: &generator)
            records.append(
                (
                    minute + 100 + Int.random(in: 0...500, using: &generator),
                    .census(
                        census(
                            at(Int64(minute)),
                            counts ?? [:],
                            partition: number,
                            valid: generator.chance(0.8)
                        )
                    )
                )
            )
        }
        for number in 0..<3 {
            let from = Int64.random(in: 0..<Int64(length - 300), using: &generator)
            var loss = LossRecord(
                kafkaPartition: number,
                fromOffset: from,
                toOffset: from + 10,
                foundAt: at(from)
            )
            let interval = span(from, from + Int64.random(in: 1...200, using: &generator))
            loss.eventTime = [StreamIntervals(stream: firstPartition, intervals: [interval])]
            records.append((Int(from) + Int.random(in: 50...2000, using: &generator), .loss(loss)))
        }
        return records.shuffled(using: &generator).sorted { $0.at < $1.at }
    }

    @Test("covered, gaps and filled are the timeline, at every look", arguments: Seeds.draw(8))
    func sound(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var pending = Self.world(&generator)[...]
        var topic: [ControlKey: (record: ControlRecord, offset: Int64)] = [:]
        var model = Model()
        var fold = LedgerFold(timing: Self.timing)
        var ledger = GapLedger(gaps: [:], timing: Self.timing)
        var offset: Int64 = 0
        var second = 0
        var reached: [GapRecord.State: Int] = [:]

        func write(_ record: ControlRecord) {
            topic[record.key] = (record, offset)
            fold.apply(record, offset: offset, arrivedAt: clock(Int64(second)))
            switch record {
            case .session(let session):
                if let known = model.sessions[session.key], known.sequence > session.sequence { break }
                model.sessions[session.key] = session
            case .census(let census): model.census[census.key] = census
            case .loss(let loss): model.losses[loss.key] = (loss, offset)
            case .job(let job): model.jobs[job.id] = job
            default: break
            }
            offset += 1
        }

        while second < Self.length {
            second += Int.random(in: 1...90, using: &generator)
            while let next = pending.first, next.at <= second {
                // The topic keeps a key's last record, and a session's records leave one bridge in order.
                if case .session(let record) = next.record, let known = model.sessions[record.key],
                    known.sequence > record.sequence
                {
                    pending.removeFirst()
                    continue
                }
                write(next.record)
                pending.removeFirst()
            }
            if generator.chance(0.1) {
                // Another coordinator takes over: it knows what compaction left.
                fold = LedgerFold(timing: Self.timing)
                for entry in topic.values.sorted(by: { $0.offset < $1.offset }) {
                    fold.apply(entry.record, offset: entry.offset, arrivedAt: clock(Int64(second)))
                }
                ledger = GapLedger(gaps: fold.gaps, timing: Self.timing)
            }
            let now = at(Int64(second)) + .seconds(Int.random(in: -120...120, using: &generator))
            let frontier = ledger.frontier(of: firstPartition, now: now)
            guard let coverage = fold.coverage(of: firstPartition, frontier: frontier) else { continue }
            // A coordinator looks at what is not folded, and at all of it where something of that has changed.
            let unfolded = try #require(fold.unfoldedCoverage(of: firstPartition, frontier: frontier))
            let isNewer = EventInterval(from: unfolded.timeline.from, to: coverage.timeline.to)
            #expect(unfolded.missing == coverage.missing.intersection(isNewer), "seed \(seed): at \(second)")
            let known = coverage.missing.subtracting(isNewer).subtracting(coverage.givenUp)
            #expect(known.isEmpty, "seed \(seed): at \(second), what was folded is missing and not told")
            let written = ledger.reconcile(
                generator.chance(0.8) ? unfolded : coverage,
                jobs: fold.jobs,
                GapLedger.Circumstances(
                    now: now,
                    windowEdge: now - .seconds(1500),
                    unheard: fold.isUnheard(firstPartition, at: clock(Int64(second)))
                )
            )
            for gap in written { write(.gap(gap)) }

            if generator.chance(0.5) {
                let folding = LedgerFolding(
                    generator.chance(0.5) ? unfolded : coverage,
                    fold: fold,
                    gaps: ledger.gaps(of: firstPartition),
                    limit: now - .seconds(2000),
                    step: .seconds(60),
                    now: now
                )
                if let record = folding.ledger {
                    write(.ledger(record))
                    for key in folding.removals {
                        topic[key] = nil
                        fold.remove(key, offset: offset)
                        offset += 1
                    }
                    ledger.remove(folding.removals.filter { $0.kind == .gap }.map(\.id))
                }
                for key in fold.settledRecords(now: now) {
                    topic[key] = nil
                    fold.remove(key, offset: offset)
                    offset += 1
                }
            }
            let (covered, filled) = (model.covered, model.filled)
            var inGaps = Model.none
            for gap in ledger.gaps(of: firstPartition) {
                reached[gap.state, default: 0] += 1
                switch gap.state {
                case .open, .closed, .scheduled, .running: Model.mark(&inGaps, gap.range)
                case .partial, .unrecoverable: for one in gap.unrecoverable { Model.mark(&inGaps, one) }
                case .filled, .settled, .withdrawn: break
                }
            }
            let start = try #require(model.start)
            let end = min(Self.length, Int((coverage.timeline.to - midnight).milliseconds / 1000))
            let silent = (max(0, start)..<max(start, end)).first { !covered[$0] && !filled[$0] && !inGaps[$0] }
            #expect(silent == nil, "seed \(seed): at \(second), nobody speaks for that second")
            // Needless: what a live gap calls missing must not be covered.
            for gap in ledger.gaps(of: firstPartition) where !gap.state.isFinal {
                var missing = Model.none
                for one in gap.missing { Model.mark(&missing, one) }
                let needless = missing.indices.first { missing[$0] && (covered[$0] || filled[$0]) }
                #expect(needless == nil, "seed \(seed): at \(second), that second is no gap")
            }

            for gap in ledger.gaps(of: firstPartition) where gap.state == .closed && generator.chance(0.3) {
                var job = JobRecord(
                    id: "job\(offset)",
                    origin: .gap,
                    product: .sample10,
                    partition: 1,
                    range: gap.range,
                    fills: [StreamIntervals(stream: firstPartition, intervals: gap.missing)],
                    knownOffset: offset,
                    createdAt: now
                )
                job.gaps = [gap.id]
                for changed in ledger.assign(job, now: now) { write(.gap(changed)) }
                write(.job(job))
            }
            for job in fold.jobs.values.sorted(by: { $0.id < $1.id })
            where !job.state.isFinal && generator.chance(0.3) {
                var job = job
                let left = IntervalSet(job.remaining)
                if generator.chance(0.7) {
                    job.state = .completed
                    job.remaining = []
                } else if let hull = left.hull {
                    let middle = Instant(milliseconds: (hull.from.milliseconds + hull.to.milliseconds) / 2_000 * 1_000)
                    job.state = .failed
                    job.remaining = left.intersection(EventInterval(from: middle, to: hull.to)).intervals
                }
                write(.job(job))
            }
        }
        #expect(
            (reached[.open] ?? 0) > 0 && (reached[.closed] ?? 0) > 0,
            "seed \(seed): a world without gaps: \(reached)"
        )
        #expect((reached[.filled] ?? 0) > 0, "seed \(seed): no gap was filled: \(reached)")
    }

    @Test("the order in which records arrive does not change what is known", arguments: Seeds.draw(8))
    func order(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let records = Self.world(&generator).map(\.record)
        let frontier = at(Int64(Self.length))
        let coverages = (0..<6).map { _ in
            var fold = LedgerFold(timing: Self.timing)
            for (offset, record) in records.shuffled(using: &generator).enumerated() {
                fold.apply(record, offset: Int64(offset), arrivedAt: clock(0))
            }
            return fold.coverage(of: firstPartition, frontier: frontier)
        }
        #expect(Set(coverages).count == 1, "seed \(seed)")
        #expect(coverages.first??.missing.isEmpty == false, "seed \(seed): a world without gaps")
    }
}
