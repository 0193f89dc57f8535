import Tweets

/// What the bridges and the recovery jobs put into raw: who delivered what, told from the records' own headers.
struct RawTally: Sendable {
    /// What one connection brought.
    struct Connection: Sendable, Equatable {
        var live = 0
        var backfill = 0
        var deletes = 0
        var tweetsBySecond: [Int64: Int] = [:]
        var backfillBySecond: [Int64: Int] = [:]
    }

    private struct Copies: OptionSet {
        let rawValue: UInt8
        static let stream = Copies(rawValue: 1)
        static let recovery = Copies(rawValue: 2)
        static let deleted = Copies(rawValue: 4)
    }

    private(set) var connections: [String: Connection] = [:]
    /// Copies of Tweets, all connections and jobs together.
    private(set) var copies = 0
    /// Copies that recovery jobs brought.
    private(set) var recovered = 0
    /// Tweets that no connection had brought when recovery did.
    private(set) var broughtByRecoveryFirst = 0
    private(set) var recoveredBySecond: [Int64: Int] = [:]
    /// Copies of a Tweet that came after its delete.
    private(set) var lateCopies = 0
    private var byID: [UInt64: Copies] = [:]

    mutating func add(_ id: UInt64, header: RecordHeader?, isDelete: Bool) {
        guard let header, header.source != .dedup else { return }
        if isDelete {
            connections[header.connection, default: Connection()].deletes += 1
            byID[id, default: []].insert(.deleted)
            return
        }
        copies += 1
        if byID[id]?.contains(.deleted) == true { lateCopies += 1 }
        let second = (TweetID(id)?.createdAt?.milliseconds ?? 0) / 1000
        if header.source == .recovery {
            recovered += 1
            recoveredBySecond[second, default: 0] += 1
            if byID[id]?.isDisjoint(with: [.stream, .recovery]) ?? true { broughtByRecoveryFirst += 1 }
            byID[id, default: []].insert(.recovery)
            return
        }
        byID[id, default: []].insert(.stream)
        if header.source == .backfill {
            connections[header.connection, default: Connection()].backfill += 1
            connections[header.connection]?.backfillBySecond[second, default: 0] += 1
        } else {
            connections[header.connection, default: Connection()].live += 1
            connections[header.connection]?.tweetsBySecond[second, default: 0] += 1
        }
    }
}
