import FoundationEssentials
import Tweets

/// What one record of the control topic says.
enum ControlEntry {
    /// The present state of something.
    case record(ControlRecord)
    /// It was removed.
    case removed(ControlKey)
    /// A kind that this version does not know; kept as it is.
    case unknown(ControlKey)
    /// No key, or a value that cannot be read: input from outside, to be counted and passed over.
    case unreadable(key: String, reason: String)
}

/// The control topic's records as JSON.
enum ControlCodec {
    static func decode(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?) -> ControlEntry {
        let text = key.map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let key = ControlKey(text) else {
            return .unreadable(key: text, reason: "the key is not kind:id")
        }
        guard let value else { return .removed(key) }
        guard let kind = key.kind else { return .unknown(key) }
        guard ControlNumbers.areCounts(value) else {
            return .unreadable(key: text, reason: "a number in it is no count and no offset")
        }
        let data = Data(value)
        let decoder = JSONDecoder()
        do {
            switch kind {
            case .session: return .record(.session(try decoder.decode(SessionRecord.self, from: data)))
            case .claim: return .record(.claim(try decoder.decode(ClaimRecord.self, from: data)))
            case .gap: return .record(.gap(try decoder.decode(GapRecord.self, from: data)))
            case .job: return .record(.job(try decoder.decode(JobRecord.self, from: data)))
            case .loss: return .record(.loss(try decoder.decode(LossRecord.self, from: data)))
            case .census: return .record(.census(try decoder.decode(CensusRecord.self, from: data)))
            case .ledger: return .record(.ledger(try decoder.decode(LedgerRecord.self, from: data)))
            case .topics: return .record(.topics(try decoder.decode(TopicsRecord.self, from: data)))
            }
        } catch {
            return .unreadable(key: text, reason: "\(error)")
        }
    }

    static func encode(_ record: ControlRecord) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data =
            switch record {
            case .session(let value): try encoder.encode(value)
            case .claim(let value): try encoder.encode(value)
            case .gap(let value): try encoder.encode(value)
            case .job(let value): try encoder.encode(value)
            case .loss(let value): try encoder.encode(value)
            case .census(let value): try encoder.encode(value)
            case .ledger(let value): try encoder.encode(value)
            case .topics(let value): try encoder.encode(value)
            }
        return Array(data)
    }
}
