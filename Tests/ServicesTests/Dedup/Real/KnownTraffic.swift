import Kafka
import Testing
import Tweets

/// Copies and deletes in a known order, and what must come of them.
///
/// One producer writes them, so each partition of raw has them in this order, and the truth follows from it alone.
struct KnownTraffic {
    /// What is sent, in order.
    private(set) var copies: [RawCopy] = []
    /// What a reader of `tweets` must find for each key, in order: a first copy's value, a tombstone.
    private(set) var truth: [String: [String?]] = [:]
    /// The keys whose last word in raw must be a tombstone.
    private(set) var deleted: Set<String> = []

    private var generator: SeededGenerator
    private let first: UInt64
    private var made: UInt64 = 0
    private var waiting: [RawCopy] = []

    /// Traffic of `count` Tweets from these seconds ago on.
    init(seed: UInt64, tweets count: Int, secondsAgo: Int) throws {
        generator = SeededGenerator(seed: seed)
        first = try recentID(secondsAgo: secondsAgo).rawValue
        for _ in 0..<count { try addTweet() }
        while !waiting.isEmpty { release() }
    }

    private mutating func addTweet() throws {
        let id = try #require(TweetID(first + made << 12))
        made += 1
        let value = { (copy: String) in "{\"id_str\":\"\(id)\",\"copy\":\"\(copy)\"}" }
        let (a, b) = (RawCopy(id, value("a")), RawCopy(id, value("b"), connection: "b"))
        let (deleteA, deleteB) = (RawCopy(id, nil), RawCopy(id, nil, connection: "b"))
        // A recovery of that minute, after all else.
        var recovered = RawCopy(id, value("recovered"))
        recovered.header = "c=r p=1 s=recovery n=s9 j=j1"
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: send([a, deleteA], later: [b, deleteB])
        case 1: send([deleteA], later: [a, b])
        case 2: send([a, b, deleteA, deleteB], later: [recovered])
        case 3: send([a], later: [deleteB, deleteA, recovered])
        case 4: send([b], later: [])
        default: send([a], later: [b])
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { release() }
    }

    private mutating func send(_ now: [RawCopy], later: [RawCopy]) {
        for copy in now { append(copy) }
        waiting += later
    }

    /// Sends some of what was held back, so that copies are between one and many records apart.
    private mutating func release() {
        for _ in 0..<min(waiting.count, Int.random(in: 1...8, using: &generator)) { append(waiting.removeFirst()) }
    }

    private mutating func append(_ copy: RawCopy) {
        copies.append(copy)
        if copy.value == nil {
            if deleted.insert(copy.key).inserted { truth[copy.key, default: []].append(nil) }
        } else if truth[copy.key] == nil {
            truth[copy.key] = [copy.value]
        }
    }

    /// A Tweet for each partition that comes after all else: once they are out, everything before them was decided.
    mutating func appendEnd(partitions: Int) throws -> Set<String> {
        var ends: [Int32: String] = [:]
        while ends.count < partitions {
            let id = try #require(TweetID(first + made << 12))
            made += 1
            let partition = id.withDecimal { KafkaPartitioner.partition(of: $0, count: Int32(partitions)) }
            guard ends[partition] == nil else { continue }
            ends[partition] = id.description
            append(RawCopy(id, "{}"))
        }
        return Set(ends.values)
    }
}

extension DedupRig {
    /// Compares `tweets` and raw with the truth, key by key.
    func expect(_ traffic: KnownTraffic, _ context: String) throws {
        var found: [String: [String?]] = [:]
        for record in try read(names.tweets) { found[record.key, default: []].append(record.value) }
        let wrong = traffic.truth.filter { found[$0.key] != $0.value }
        let missing = wrong.count { found[$0.key] == nil }
        let example = wrong.first.map { "\($0.key): \(String(describing: found[$0.key])), not \($0.value)" } ?? ""
        #expect(wrong.isEmpty, "\(context): \(missing) missing, \(wrong.count - missing) otherwise wrong; \(example)")
        let strangers = Set(found.keys).subtracting(traffic.truth.keys)
        #expect(strangers.isEmpty, "\(context): \(strangers.count) that nobody sent")
        var lastWord: [String: String?] = [:]
        for record in try read(names.raw) { lastWord[record.key] = .some(record.value) }
        let risen = traffic.deleted.filter { lastWord[$0] != .some(nil) }
        #expect(risen.isEmpty, "\(context): \(risen.count) deleted Tweets that compaction of raw would bring back")
    }

    /// Waits until all of these keys are in `tweets`.
    func awaitKeys(_ keys: Set<String>, _ context: String) async throws {
        try await until("\(context): all is decided") {
            Set(try read(names.tweets).map(\.key)).isSuperset(of: keys)
        }
    }
}
