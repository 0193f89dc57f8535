import Dedup
import Glibc
import Tweets

/// The exact set: bytes an ID, look-ups, decisions, stalls and restore; the peer is a plain `Set<UInt64>`.
enum DedupBenchmark {
    static let timing = DedupTiming(
        horizon: .seconds(28 * 3600),
        recoveryWindow: .seconds(24 * 3600),
        deliverySlack: .seconds(120)
    )

    static func run() {
        DedupLookUps.run()
        decisions()
        stalls()
        restore()
    }

    /// Two copies of each Tweet, the second half a minute behind the first, in transactions of a thousand Tweets.
    private static func decisions() {
        let rate = 600
        let tweets = DedupIDs.stream(count: 2_500_000, rate: rate).compactMap { TweetID($0) }
        let delay = rate * 30
        let first = CopyOrigin(source: .live, connection: 1, stream: 1)
        let second = CopyOrigin(source: .live, connection: 2, stream: 1)
        let decide = Measurement {
            var core = DedupCore(timing: timing)
            for index in 0..<tweets.count + delay {
                for (place, origin) in [(index, first), (index - delay, second)] where tweets.indices.contains(place) {
                    guard let created = tweets[place].createdAt else { continue }
                    let received = Instant(milliseconds: created.milliseconds + 5000)
                    _ = core.decide(RawRecord(id: tweets[place], isDelete: false, received: received, origin: origin))
                }
                if index % 1000 == 999 { core.commit() }
            }
            core.commit()
            let counters = core.committed
            precondition(counters.emitted == tweets.count && counters.duplicates == tweets.count, "\(counters)")
        }
        let seconds = decide.median / Double(tweets.count * 2)
        Measurement.report(
            "dedup decision, two copies of each",
            figure: 1 / seconds / 1e6,
            unit: "million/s",
            spread: decide,
            floor: nil
        )
        print("dedup decision                    \(Measurement.rounded(seconds * 1e9)) ns of CPU, packing included")
    }

    /// The whole firehose in one partition: the longest that one record or one commit keeps the thread.
    private static func stalls() {
        let tweets = DedupIDs.stream(count: 14_000_000, rate: 6000).compactMap { TweetID($0) }
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        var core = DedupCore(timing: timing)
        var (decisions, commits) = ([Double](), [Double]())
        for (index, id) in tweets.enumerated() {
            guard let created = id.createdAt else { continue }
            let record = RawRecord(id: id, isDelete: false, received: created, origin: live)
            let before = threadSeconds
            _ = core.decide(record)
            let between = threadSeconds
            decisions.append(between - before)
            guard index % 600 == 599 else { continue }
            core.commit()
            commits.append(threadSeconds - between)
        }
        core.commit()
        let usage = core.usage
        precondition(usage.freshIDs + usage.frozenIDs == tweets.count && usage.frozenIDs > 0, "\(usage)")
        for (name, times) in [("decision", decisions.sorted()), ("commit of 600", commits.sorted())] {
            let at = { (share: Double) in
                Measurement.rounded(times[Int(Double(times.count - 1) * share)] * 1e6)
            }
            print(
                "dedup stall at 6000/s, \(name): p50 \(at(0.5)) µs, p99.9 \(at(0.999)) µs, longest \(at(1)) µs of CPU"
            )
        }
    }

    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func restore() {
        let ids = DedupIDs.stream(count: 10_000_000, rate: 600)
        // A tenth of a second of one partition each.
        var log: [[UInt8]] = []
        for start in stride(from: 0, to: ids.count, by: 60) {
            let part = ids[start..<min(start + 60, ids.count)]
            guard let last = part.last.flatMap({ TweetID($0) })?.createdAt else { continue }
            let progress = DedupProgress(streamTime: last, lateLine: last - timing.horizon)
            var record = SeenRecord(number: UInt64(log.count + 1), nextOffset: Int64(start), progress: progress)
            record.entries = part.map { SeenRecord.Entry(id: $0, isDeleted: $0 % 50 == 0) }
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            log.append(bytes)
        }
        let size = log.reduce(0) { $0 + $1.count }
        var last: DedupCore?
        let fold = Measurement(runs: 5) {
            var fold = RestoreFold(timing: timing)
            for (offset, bytes) in log.enumerated() {
                bytes.withUnsafeBytes { fold.add($0, offset: Int64(offset)) }
            }
            guard case .restored(let core, _, _, _) = fold.finish(committed: nil) else {
                preconditionFailure("the restore was refused")
            }
            let usage = core.usage
            precondition(usage.freshIDs + usage.frozenIDs == ids.count, "\(usage)")
            last = core
        }
        verify(last, ids)
        Measurement.report(
            "dedup restore, without Kafka",
            figure: Double(ids.count) / fold.median / 1e6,
            unit: "million IDs/s",
            spread: fold,
            floor: nil
        )
        let seconds = Measurement.rounded(fold.median * 10_000_000 / Double(ids.count))
        print("dedup restore, 10 million IDs     \(seconds) s of CPU, every ID and a stranger to each verified")
        print("dedup changelog                   \(Measurement.rounded(Double(size) / Double(ids.count))) bytes an ID")
    }

    /// Every ID is known, and a stranger to each is not.
    private static func verify(_ core: DedupCore?, _ ids: [UInt64]) {
        guard let core else { preconditionFailure("nothing was restored") }
        let strangers = DedupIDs.strangers(to: ids, count: ids.count, from: 0, seed: 77)
        for (id, stranger) in zip(ids, strangers) {
            guard let id = TweetID(id), let stranger = TweetID(stranger) else { continue }
            precondition(core.isSeen(id) && !core.isSeen(stranger), "\(id) or its stranger \(stranger)")
        }
    }
}
