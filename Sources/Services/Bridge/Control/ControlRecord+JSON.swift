import FoundationEssentials

/// The JSON of a control record.
func controlJSON(_ record: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return Array(try encoder.encode(record))
    } catch {
        preconditionFailure("a control record cannot be written: \(error)")
    }
}
