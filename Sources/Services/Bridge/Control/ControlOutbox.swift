import Tweets

/// Control records that are to be written: of each key only the latest state, and one at a time.
///
/// A record that is on its way is never overtaken by an older state of the same thing that had to be sent again, since
/// after compaction the last one written is all that is left. Bounded by the number of things that have a key.
struct ControlOutbox {
    /// A state that is to be sent now.
    struct Letter {
        var ticket: UInt
        /// The record's key as Kafka has it.
        var key: String
        var json: [UInt8]?
    }

    private struct Entry {
        var json: [UInt8]?
        /// Counts the states of this thing.
        var state = 0
        /// The state that is on its way, and its ticket.
        var sent: (state: Int, ticket: UInt)?

        mutating func put(_ json: [UInt8]?) {
            self.json = json
            state += 1
        }
    }

    /// By key.
    private var entries: [String: Entry] = [:]
    private var keyOfTicket: [UInt: String] = [:]
    private var nextTicket: UInt = 1

    /// Things whose latest state is not known to be written.
    var count: Int { entries.count }

    /// Takes the whole present state of a thing; nil for a tombstone.
    mutating func put(_ key: ControlKey, json: [UInt8]?) {
        entries[key.text, default: Entry()].put(json)
    }

    /// What may be sent now: things of which nothing is on its way.
    var letters: [Letter] {
        var ticket = nextTicket
        return entries.filter { $0.value.sent == nil }.sorted { $0.key < $1.key }.map { key, entry in
            defer { ticket += 1 }
            return Letter(ticket: ticket, key: key, json: entry.json)
        }
    }

    /// A letter was handed to the producer.
    mutating func sent(_ letter: Letter) {
        guard let state = entries[letter.key]?.state else { return }
        entries[letter.key]?.sent = (state, letter.ticket)
        keyOfTicket[letter.ticket] = letter.key
        nextTicket = max(nextTicket, letter.ticket + 1)
    }

    /// The producer is gone: whatever was on its way is sent again.
    mutating func allCameBack() {
        keyOfTicket.removeAll()
        for key in entries.keys { entries[key]?.sent = nil }
    }

    /// A letter came back, written or not.
    mutating func reported(_ ticket: UInt, isWritten: Bool) {
        guard let key = keyOfTicket.removeValue(forKey: ticket), let entry = entries[key],
            let sent = entry.sent, sent.ticket == ticket
        else { return }
        if isWritten, sent.state == entry.state {
            entries[key] = nil
        } else {
            entries[key]?.sent = nil
        }
    }
}
