import Tweets

/// The sessions of one stream partition: all of them by key, the few that were never closed, and what the others claim.
///
/// Control holds months of sessions that have ended, and a look at coverage comes every second: what those claim is put
/// together once, and again only after one of them has changed.
struct StreamSessions: Sendable {
    /// A session's latest record, when it was last heard of, and where it stood before.
    struct Session: Sendable {
        var record: SessionRecord
        var heardAt: MonotonicInstant
        var marks = OffsetMarks()

        init(_ record: SessionRecord, heardAt now: MonotonicInstant) {
            self.record = record
            heardAt = now
            marks.note(record)
        }

        /// Takes a further record of it; one that says nothing new is not a sign of life.
        fileprivate mutating func take(_ other: SessionRecord, heardAt now: MonotonicInstant) -> Bool {
            guard other.supersedes(record) else { return false }
            record = other
            heardAt = now
            marks.note(other)
            return true
        }
    }

    /// What closed sessions tell.
    private struct Past: Sendable {
        var claims: SessionClaims
        /// The last acknowledged offset of raw, by Kafka partition, as `reach` has it.
        var highestOffsets: [Int: Int64] = [:]

        init(_ records: some Sequence<SessionRecord>) {
            claims = SessionClaims(records)
            for (partition, offsets) in records.lazy.flatMap(\.offsets) {
                highestOffsets[partition] = max(highestOffsets[partition] ?? offsets.reach, offsets.reach)
            }
        }
    }

    /// Those that were never closed.
    private var open: [ControlKey: Session] = [:]
    private var closed: [ControlKey: Session] = [:]
    /// What the closed ones tell; nil where that has changed since it was put together.
    private var past: Past?

    /// Whether there is none.
    var isEmpty: Bool { open.isEmpty && closed.isEmpty }

    /// All of them.
    var all: some Sequence<Session> { [open.values, closed.values].joined() }

    /// Takes a record of a session.
    mutating func take(_ record: SessionRecord, heardAt now: MonotonicInstant) {
        let key = record.key
        if let index = open.index(forKey: key) {
            guard open.values[index].take(record, heardAt: now), record.closed != nil else { return }
            closed[key] = open.remove(at: index).value
        } else if let index = closed.index(forKey: key) {
            guard closed.values[index].take(record, heardAt: now) else { return }
            if record.closed == nil { open[key] = closed.remove(at: index).value }
        } else if record.closed == nil {
            open[key] = Session(record, heardAt: now)
            return
        } else {
            closed[key] = Session(record, heardAt: now)
        }
        past = nil
    }

    /// Forgets a session.
    mutating func remove(_ key: ControlKey) {
        if open.removeValue(forKey: key) == nil, closed.removeValue(forKey: key) != nil { past = nil }
    }

    /// Puts together what the closed sessions tell, for the looks that follow.
    mutating func gather() {
        if past == nil { past = toldByClosed }
    }

    /// What all of them claim.
    var claims: SessionClaims {
        var claims = (past ?? toldByClosed).claims
        fromOpen { claims.add($0.record) }
        return claims
    }

    /// The highest offset of raw that any of them told, as `reach` has it; nil where none did.
    func highestOffset(in partition: Int) -> Int64? {
        var highest = (past ?? toldByClosed).highestOffsets[partition]
        fromOpen { session in
            if let reach = session.record.offsets[partition]?.reach { highest = max(highest ?? reach, reach) }
        }
        return highest
    }

    /// Whether one of them was heard since a moment.
    func isHeard(since moment: MonotonicInstant) -> Bool {
        open.values.indices.contains { open.values[$0].heardAt > moment }
            || closed.values.indices.contains { closed.values[$0].heardAt > moment }
    }

    /// Looks at the sessions that were never closed, where they lie: copies of records are dear.
    func fromOpen(_ look: (Session) -> Void) {
        for index in open.values.indices { look(open.values[index]) }
    }

    private var toldByClosed: Past {
        Past(closed.values.lazy.map(\.record))
    }
}

extension SessionRecord {
    /// Whether this record tells more than another of the same session.
    fileprivate func supersedes(_ other: SessionRecord) -> Bool {
        if sequence != other.sequence { return sequence > other.sequence }
        return closed != nil && other.closed == nil
    }
}

extension SessionRecord.Offsets {
    /// Offsets that were given out again are something to be explained whatever the end is, and so beyond any.
    var reach: Int64 { rewritten == nil ? last : .max }
}
