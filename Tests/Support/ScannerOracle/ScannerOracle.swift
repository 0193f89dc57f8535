public import Ingest
import Tweets

/// Judges what the scanner says of a line by what a whole JSON parser reads there.
public enum ScannerOracle {
    /// What is wrong with the scanner's answer; nil where nothing is.
    public static func objection(to line: [UInt8], answer: StreamMessage) -> String? {
        let value: ReferenceParser.Value
        do {
            value = try ReferenceParser.parse(line)
        } catch {
            return objection(to: error, answer)
        }
        guard case .object(let fields) = value else {
            return isRefused(answer, by: [.notAnObject]) ? nil : "\(answer) from JSON that is no object"
        }
        if isRefused(answer, by: [.malformed, .invalidUTF8, .controlCharacter, .notAnObject, .tooDeep, .oversize]) {
            return "\(answer) from a JSON object"
        }
        guard !value.hasDuplicates else { return nil }
        if answer == .unknown(.duplicateKey) {
            // Two rows may share a place: `status` and `tweet`, `connection_issue` and `disconnect_type`.
            return fields.isEmpty ? "duplicates in an empty object" : nil
        }
        return objection(to: value, answer)
    }

    private static func objection(to defect: ReferenceParser.Defect, _ answer: StreamMessage) -> String? {
        switch (defect, answer) {
        case (.tooDeep, _), (_, .unknown): nil
        // Below the top the scanner promises only what it walks, and that brackets match.
        case (.grammar(let depth), _) where depth > 1: nil
        case (.grammar, _), (.bytes, _): "\(answer) from what is no JSON: \(defect)"
        }
    }

    private static func isRefused(_ answer: StreamMessage, by reasons: Set<UnknownReason>) -> Bool {
        guard case .unknown(let reason) = answer else { return false }
        return reasons.contains(reason)
    }

    /// Compares with the meaning that the upstream's contract gives to the whole object.
    private static func objection(to value: ReferenceParser.Value, _ answer: StreamMessage) -> String? {
        let meanings = meanings(of: value)
        switch answer {
        case .tweet, .delete:
            return meanings == [answer] ? nil : "\(answer), but the object means \(meanings)"
        case .compliance, .notice:
            return meanings.isEmpty ? nil : "\(answer), but the object means \(meanings)"
        case .unknown:
            return meanings.count == 1 && isPlain(value) ? "\(answer), but the object means \(meanings)" : nil
        }
    }

    /// The Tweets and deletes that the object could mean.
    private static func meanings(of value: ReferenceParser.Value) -> [StreamMessage] {
        var meanings: [StreamMessage] = []
        let native = value.field("id_str")
        if let id = id(native) { meanings.append(.tweet(id)) }
        if native == nil, case .string(let verb)? = value.field("verb") {
            let own = id(value.field("id"), isTag: true)
            switch String(decoding: verb, as: UTF8.self) {
            case "post", "share":
                if let own { meanings.append(.tweet(own)) }
            case "delete":
                if let id = id(value.field("object")?.field("id"), isTag: true) ?? own { meanings.append(.delete(id)) }
            default: break
            }
        }
        if let id = id(value.field("data")?.field("id")) { meanings.append(.tweet(id)) }
        if value.field("data")?.field("id") == nil {
            let event = value.field("data")?.field("delete")
            if let id = id((event?.field("tweet") ?? event?.field("status"))?.field("id")) {
                meanings.append(.delete(id))
            }
        }
        if let id = id(value.field("delete")?.field("status")?.field("id_str")) { meanings.append(.delete(id)) }
        return meanings
    }

    /// Whether nothing else stands in the object that could make it mean something else.
    private static func isPlain(_ value: ReferenceParser.Value) -> Bool {
        guard case .object(let fields) = value else { return false }
        let names: Set<String> = ["id_str", "verb", "data", "delete"]
        let deciding = fields.filter { names.contains(String(decoding: $0.name, as: UTF8.self)) }
        guard deciding.count == 1, let only = deciding.first else { return false }
        switch String(decoding: only.name, as: UTF8.self) {
        case "id_str":
            if case .number? = value.field("id") { return fields.count == 2 }
            return fields.count == 1
        case "verb":
            guard case .string(let verb) = only.value else { return false }
            return fields.count == 2 && Array("delete".utf8) != verb
        case "data": return fields.count == 1 && only.value.field("id") != nil
        default:
            guard fields.count == 1, case .object(let parts) = only.value else { return false }
            return parts.count == 1
        }
    }

    private static func id(_ value: ReferenceParser.Value?, isTag: Bool = false) -> TweetID? {
        guard case .string(let text)? = value else { return nil }
        var digits = String(decoding: text, as: UTF8.self)
        if isTag {
            let prefixes = ["tag:search.twitter.com,2005:", "object:search.twitter.com,2005:"]
            guard let prefix = prefixes.first(where: digits.hasPrefix) else { return nil }
            digits.removeFirst(prefix.count)
        }
        guard let number = UInt64(digits), String(number) == digits else { return nil }
        return TweetID(number)
    }
}
