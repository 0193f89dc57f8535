import FoundationEssentials
package import Tweets

/// What the control topic says: sessions of the bridges, gaps and jobs of the coordinator.
package struct ControlView: Sendable {
    /// A gap as far as the demonstration shows it.
    package struct Gap: Sendable, Equatable {
        /// Its ID.
        package var id: String
        /// The stream partition.
        package var stream: String
        /// What is missing.
        package var interval: EventInterval
        /// Its last state.
        package var state: String
        /// All states that it was seen in, in order.
        package var states: [String]
    }

    private(set) var sessions: [String: SessionRecord] = [:]
    /// By ID.
    package private(set) var gaps: [String: Gap] = [:]
    /// Recovery jobs by ID, with their last state.
    private(set) var jobs: [String: String] = [:]

    /// Takes over one record; gives a line for the story where something worth telling changed.
    mutating func apply(key: String, value: [UInt8]?) -> String? {
        guard let key = ControlKey(key), let value else { return nil }
        let data = Data(value)
        switch key.kind {
        case .session: return session(try? JSONDecoder().decode(SessionRecord.self, from: data))
        case .gap: return gap(key.id, try? JSONDecoder().decode(JSONValue.self, from: data))
        case .job: return job(key.id, try? JSONDecoder().decode(JSONValue.self, from: data))
        default: return nil
        }
    }

    /// The newest session of a connection for each of its stream partitions.
    func newestSessions(of connection: String) -> [SessionRecord] {
        let mine = sessions.values.filter { $0.connection == connection }
        return Dictionary(grouping: mine, by: \.stream).values
            .compactMap { $0.max { $0.serverDate < $1.serverDate } }
            .sorted { $0.stream < $1.stream }
    }

    /// Gaps that are neither filled nor withdrawn.
    package var openGaps: [Gap] {
        gaps.values.filter { !["filled", "settled", "withdrawn", "unrecoverable"].contains($0.state) }
            .sorted { $0.interval.from < $1.interval.from }
    }

    private mutating func session(_ record: SessionRecord?) -> String? {
        guard let record else { return nil }
        let old = sessions[record.key.text]
        sessions[record.key.text] = record
        if old == nil, record.closed == nil {
            let asked = record.backfill.askedMinutes
            let backfill = asked > 0 ? ", asked for \(asked) min of backfill" : ""
            return "\(record.connection) reads \(record.stream)\(backfill)"
        }
        if let from = record.backfill.creditedFrom, record.earnedBackfill, old?.earnedBackfill != true {
            return "\(record.connection) earned backfill of \(record.stream) back to \(from.clock)"
        }
        if record.backfill.decided, old?.backfill.decided == false, record.backfill.askedMinutes > 0 {
            return "\(record.connection) asked for backfill of \(record.stream) and got none that counts"
        }
        if let reason = record.closed, old?.closed == nil {
            return "\(record.connection) closed \(record.stream): \(reason.rawValue)"
        }
        return nil
    }

    private mutating func gap(_ id: String, _ value: JSONValue?) -> String? {
        guard case .object(let fields) = value, case .string(let state) = fields["state"],
            case .string(let from) = fields["from"], case .string(let to) = fields["to"],
            let from = Instant(from), let to = Instant(to)
        else { return nil }
        let stream = if case .string(let text) = fields["stream"] { text } else { "?" }
        let old = gaps[id]
        let interval = EventInterval(from: from, to: to)
        let states = (old?.states ?? []) + (old?.state == state ? [] : [state])
        gaps[id] = Gap(id: id, stream: stream, interval: interval, state: state, states: states)
        guard old?.state != state else { return nil }
        return "gap of \(stream), \(from.clock) to \(to.clock): \(state)"
    }

    private mutating func job(_ id: String, _ value: JSONValue?) -> String? {
        guard case .object(let fields) = value, case .string(let state) = fields["state"] else { return nil }
        guard jobs.updateValue(state, forKey: id) != state else { return nil }
        return "recovery job \(id): \(state)"
    }
}

extension SessionRecord {
    /// Whether minutes from before the connection were proven to have come; what came live just after it proves none.
    var earnedBackfill: Bool { backfill.creditedFrom.map { $0 < serverDate } ?? false }
}

extension Instant {
    /// The time of day in UTC, to the second.
    var clock: String { String(description.dropFirst(11).prefix(8)) }
}
