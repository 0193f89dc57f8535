import FoundationEssentials

/// Documents as JSON text, keys sorted, so that two answers can be compared.
enum DocumentText {
    static func json(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(document)) + [0x0A]
        } catch {
            preconditionFailure("\(type(of: document)) cannot be written as JSON: \(error)")
        }
    }
}
