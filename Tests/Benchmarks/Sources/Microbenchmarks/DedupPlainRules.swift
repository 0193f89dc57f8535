import Dedup
import Tweets

/// The rules of dedup over plain sets that forget nothing.
struct DedupPlainRules {
    private let horizon: Int64
    private var streamTime: Int64?
    private var seen: Set<UInt64> = []
    private var deleted: Set<UInt64> = []
    private var far: [UInt64: Int64] = [:]

    init(horizon: Int64) {
        self.horizon = horizon
    }

    mutating func decide(_ record: RawRecord) -> DedupVerdict {
        let id = record.id.rawValue
        let created = record.id.createdAt?.milliseconds
        let lateLine = streamTime.map { $0 - horizon }
        if let received = far[id], let created, let streamTime, let lateLine, received < lateLine,
            created < lateLine || created > streamTime
        {
            far[id] = nil
            seen.remove(id)
            deleted.remove(id)
        }
        if far[id] == nil {
            guard let created, lateLine.map({ created >= $0 }) ?? true else {
                return record.isDelete ? .deletedLate(timestamp: record.received) : .late
            }
            let isAhead = created > record.received.milliseconds + 300_000
            if !isAhead {
                streamTime = max(streamTime ?? created, created)
            } else if !seen.contains(id), !deleted.contains(id) {
                far[id] = record.received.milliseconds
            }
        }
        if record.isDelete {
            return deleted.insert(id).inserted ? .deleted(timestamp: record.received) : .deletedAgain
        }
        if deleted.contains(id) { return .suppressed }
        guard seen.insert(id).inserted else { return .duplicate }
        guard far[id] == nil, let created = record.id.createdAt, created >= record.received - .seconds(7200) else {
            return .emitted(timestamp: record.received)
        }
        return .emitted(timestamp: created)
    }
}
