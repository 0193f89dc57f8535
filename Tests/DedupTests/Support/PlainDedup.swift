import Tweets

@testable import Dedup

/// The rules of dedup over plain dictionaries, which the core is held against; a copy of it undoes a transaction.
struct PlainDedup {
    struct Tally: Equatable {
        var byConnections: [UInt8: Int] = [:]
        var bySource: [CopySource: Int] = [:]
    }

    private struct First {
        var source: CopySource
        var stream: Int
        var connections: UInt8
    }

    let timing: DedupTiming
    var streamTime: Instant?
    var lateLine: Instant?
    private var deletedByID: [UInt64: Bool] = [:]
    private var far: [UInt64: (isDeleted: Bool, received: Instant)] = [:]
    private var firsts: [UInt64: First] = [:]

    init(timing: DedupTiming) {
        self.timing = timing
    }

    mutating func decide(_ record: RawRecord) -> DedupVerdict {
        let id = record.id.rawValue
        if !isFar(id) {
            guard let created = record.id.createdAt else { return late(record) }
            if let lateLine, created < lateLine { return late(record) }
            let isAhead = created > record.received + .seconds(300)
            if !isAhead || deletedByID[id] != nil {
                if !isAhead {
                    streamTime = max(streamTime ?? created, created)
                    let line = (streamTime ?? created) - timing.horizon
                    lateLine = max(lateLine ?? line, line)
                }
                return decideOrdinary(record, created: created)
            }
        }
        let known = isFar(id) ? far[id] : nil
        if record.isDelete {
            if known?.isDeleted == true { return record.origin.isOwn ? .ownTombstone : .deletedAgain }
            far[id] = (true, known?.received ?? record.received)
            return .deleted(timestamp: record.received)
        }
        if let known { return known.isDeleted ? .suppressed : .duplicate }
        far[id] = (false, record.received)
        return .emitted(timestamp: record.received)
    }

    private mutating func decideOrdinary(_ record: RawRecord, created: Instant) -> DedupVerdict {
        let id = record.id.rawValue
        let wasDeleted = deletedByID[id]
        if record.isDelete {
            if wasDeleted == true { return record.origin.isOwn ? .ownTombstone : .deletedAgain }
            deletedByID[id] = true
            return .deleted(timestamp: record.received)
        }
        guard let wasDeleted else {
            deletedByID[id] = false
            if let source = record.origin.source {
                firsts[id] = First(
                    source: source,
                    stream: record.origin.stream,
                    connections: record.origin.connection
                )
            }
            let isOld = created < record.received - timing.recoveryWindow - .seconds(3600)
            return .emitted(timestamp: isOld ? record.received : created)
        }
        firsts[id]?.connections |= record.origin.connection
        return wasDeleted ? .suppressed : .duplicate
    }

    private func late(_ record: RawRecord) -> DedupVerdict {
        record.isDelete ? .deletedLate(timestamp: record.received) : .late
    }

    /// Whether an ID is kept apart: until it was received too long ago, unless it has become an ordinary one.
    private func isFar(_ id: UInt64) -> Bool {
        guard let entry = far[id], let created = TweetID(id)?.createdAt else { return false }
        guard let lateLine, let streamTime else { return true }
        return entry.received >= lateLine || (created >= lateLine && created <= streamTime)
    }

    /// The census of a minute, by stream partition.
    func census(of minute: Instant) -> [Int: Tally] {
        var tallies: [Int: Tally] = [:]
        for (id, first) in firsts where TweetID(id)?.createdAt?.alignedDown(to: .seconds(60)) == minute {
            if first.connections > 0 {
                tallies[first.stream, default: Tally()].byConnections[first.connections, default: 0] += 1
            }
            tallies[first.stream, default: Tally()].bySource[first.source, default: 0] += 1
        }
        return tallies
    }
}
