import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// Deletes at every place among the copies of a Tweet, and what is left of them where the cleaner of a real broker comes
/// by at once.
@Suite(
    "Deletes through compaction, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealDeleteTests {
    private static let partition: Int32 = 0
    private static let each = 4

    /// Where the delete is among the copies.
    private enum Place: String, CaseIterable {
        case beforeTweet, afterTweet, betweenCopies, twice, olderThanHorizon
    }

    /// An instance, and how much it was sent.
    private final class Stage {
        let rig: DedupRig
        let dedup: RunningDedup
        private var sent = 0

        init(_ rig: DedupRig) {
            self.rig = rig
            dedup = RunningDedup(rig.environment(instance: "one"))
        }

        var counts: [String: Int] { dedup.service.view.counts }

        func send(_ copies: [RawCopy]) throws {
            try rig.send(copies)
            sent += copies.count
        }

        /// Sends, and waits until all is decided: the cleaner cannot be quicker.
        func decide(_ copies: [RawCopy]) async throws {
            try send(copies)
            try await until("\(sent) are decided, and its own tombstones read") {
                if case .failure(let error) = dedup.outcome { throw error }
                let view = dedup.service.view
                #expect(view.unaccounted == 0)
                let own = view.counts["delete_own"] ?? 0
                return view.counts.values.reduce(0, +) - own == sent && own == view.counts["suppressed"]
            }
        }

        /// Sends fillers, each of a segment of its own, until the cleaner has brought the topics to what is wanted.
        ///
        /// They are deletes, since these are stamped with the present in `tweets` too.
        func compact(_ what: String, until isClean: () throws -> Bool) async throws {
            var fillers = try RealDeleteTests.ids(150, secondsAgo: 500)
            try await until(what) {
                if let next = fillers.popLast() { try send([RawCopy(next, nil)]) }
                return try isClean()
            }
        }
    }

    /// - Parameter tombstones: How long a tombstone stays in `tweets` once the cleaner has met it.
    private func rig(tombstones: Duration) throws -> DedupRig {
        let compacted: KafkaProperties = [
            "cleanup.policy": "compact,delete", "segment.ms": "300", "min.cleanable.dirty.ratio": "0.001",
            "min.compaction.lag.ms": "0", "retention.ms": "-1",
        ]
        return try DedupRig.real(
            RealBroker.shared().bootstrapServers,
            prefix: RealBroker.uniqueName("deletes"),
            settings: [
                "raw": compacted.merging(["delete.retention.ms": "\(tombstones.milliseconds)"]),
                "tweets": compacted.merging(["delete.retention.ms": "\(tombstones.milliseconds)"]),
            ]
        )
    }

    /// IDs of one partition, so that the segments of one are all that must roll.
    private static func ids(_ count: Int, secondsAgo: Int) throws -> [TweetID] {
        var next = try recentID(secondsAgo: secondsAgo).rawValue
        var found: [TweetID] = []
        while found.count < count {
            next += 1
            if let id = TweetID(next), DedupRig.partition(of: id) == partition { found.append(id) }
        }
        return found
    }

    private func recovered(_ id: TweetID) -> RawCopy {
        var copy = RawCopy(id, "recovered")
        copy.header = "c=r p=1 s=recovery n=s9 j=j1"
        return copy
    }

    private func values(_ topic: String, _ ids: [TweetID], _ rig: DedupRig) throws -> [String: [String?]] {
        let keys = Set(ids.map(\.description))
        var found: [String: [String?]] = [:]
        for record in try rig.read(topic) where keys.contains(record.key) {
            found[record.key, default: []].append(record.value)
        }
        return found
    }

    /// The story of each place, in steps of which each is decided before the next: copies and deletes of one Tweet.
    private func steps(_ place: Place, _ id: TweetID) -> [[RawCopy]] {
        let (a, b) = (RawCopy(id, "a"), RawCopy(id, "b", connection: "b"))
        let (deleteA, deleteB) = (RawCopy(id, nil), RawCopy(id, nil, connection: "b"))
        switch place {
        case .beforeTweet: return [[deleteA], [a], [b], []]
        case .afterTweet: return [[a], [b], [deleteA], []]
        case .betweenCopies: return [[a], [deleteA], [b], []]
        case .twice: return [[a], [deleteA], [deleteB], [b]]
        case .olderThanHorizon: return [[], [deleteA], [deleteB], []]
        }
    }

    /// Plays all stories, a recovery of their minute last.
    private func play(_ tweets: [Place: [TweetID]], _ stage: Stage) async throws {
        // Emitted in its time, and then left behind by the horizon.
        let old = tweets[.olderThanHorizon] ?? []
        let then = WallClock.now() - .seconds(31 * 3600)
        try await stage.decide(old.map { RawCopy($0, "a", received: then) })
        try await stage.decide([RawCopy(try Self.ids(1, secondsAgo: 700)[0], "{}")])
        for step in 0..<4 {
            let copies = Place.allCases.flatMap { place in
                (tweets[place] ?? []).flatMap { steps(place, $0)[step] }
            }
            try await stage.decide(copies)
        }
        try await stage.decide(tweets.values.flatMap { $0 }.map(recovered))
    }

    private func makeTweets() throws -> [Place: [TweetID]] {
        var tweets: [Place: [TweetID]] = [:]
        for (index, place) in Place.allCases.enumerated() {
            let secondsAgo = place == .olderThanHorizon ? 31 * 3600 + 10 : 690 - index
            tweets[place] = try Self.ids(Self.each, secondsAgo: secondsAgo)
        }
        return tweets
    }

    @Test("a Tweet deleted anywhere among its copies does not rise, and its tombstone stays, in tweets and in raw")
    func everyPlace() async throws {
        let rig = try rig(tombstones: .seconds(86_400))
        let tweets = try makeTweets()
        let all = tweets.values.flatMap { $0 }
        let young = Place.allCases.filter { $0 != .olderThanHorizon }.flatMap { tweets[$0] ?? [] }
        let old = tweets[.olderThanHorizon] ?? []
        let first = Stage(rig)
        try await play(tweets, first)
        // Compacted: of each key the last record only, and that is the tombstone.
        let gone = Dictionary(uniqueKeysWithValues: all.map { ($0.description, [String?.none]) })
        try await first.compact("tweets and raw are compacted") {
            try values(rig.names.tweets, all, rig).values.allSatisfy { $0.count == 1 }
                && values(rig.names.raw, all, rig).values.allSatisfy { $0.count == 1 }
        }
        #expect(try values(rig.names.tweets, all, rig) == gone)
        let raw = try values(rig.names.raw, all, rig)
        for id in young { #expect(raw[id.description] == [nil], "\(id)") }
        // Nothing is known of what is older than the horizon: copies of it go to late, beside its deletes.
        let late = try values(rig.names.late, old, rig)
        for id in old { #expect(late[id.description] == [nil, nil, "recovered"], "\(id)") }
        try await first.dedup.stop()

        // Another life, over holes: it knows what it knew.
        let second = Stage(rig)
        try await second.decide(young.map(recovered))
        #expect(second.counts["suppressed"] == young.count)
        try await second.dedup.stop()
        for found in try values(rig.names.raw, young, rig).values { #expect(found.last == .some(nil)) }
        #expect(try values(rig.names.tweets, all, rig) == gone)
    }

    @Test("when delete.retention.ms has taken the tombstones the set still knows, also one that was restored")
    func tombstonesGone() async throws {
        let rig = try rig(tombstones: .milliseconds(100))
        let tweets = try makeTweets()
        let all = tweets.values.flatMap { $0 }
        let young = Place.allCases.filter { $0 != .olderThanHorizon }.flatMap { tweets[$0] ?? [] }
        let first = Stage(rig)
        try await play(tweets, first)
        try await first.compact("nothing of them is left in tweets and raw") {
            try values(rig.names.tweets, all, rig).isEmpty && values(rig.names.raw, young, rig).isEmpty
        }
        try await first.decide(young.map(recovered))
        #expect(try values(rig.names.tweets, all, rig).isEmpty)
        try await first.dedup.stop()
        let second = Stage(rig)
        try await second.decide(young.map { RawCopy($0, "late", connection: "b") })
        #expect(second.counts["suppressed"] == young.count)
        try await second.dedup.stop()
        #expect(try values(rig.names.tweets, all, rig).isEmpty)
        for found in try values(rig.names.raw, young, rig).values { #expect(found.last == .some(nil)) }
    }
}
