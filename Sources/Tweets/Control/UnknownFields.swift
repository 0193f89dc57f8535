/// The fields of a JSON object that this version does not know; they are written back unchanged.
public struct UnknownFields: Hashable, Sendable {
    /// Names and values as read.
    public var values: [String: JSONValue]

    /// No unknown fields.
    public init() {
        values = [:]
    }

    /// Reads every field whose name is not among `known`.
    public init<Known: CodingKey & CaseIterable>(from decoder: any Decoder, known: Known.Type) throws {
        let names = Set(Known.allCases.map(\.stringValue))
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        values = [:]
        for key in container.allKeys where !names.contains(key.stringValue) {
            values[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
    }

    /// Writes them beside the fields that the caller writes.
    public func encode(to encoder: any Encoder) throws {
        guard !values.isEmpty else { return }
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        for (name, value) in values {
            try container.encode(value, forKey: AnyCodingKey(name))
        }
    }
}

/// A name of a JSON object that is only known at run time.
struct AnyCodingKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) {
        stringValue = name
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}
