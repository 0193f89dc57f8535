/// What a walk found in the fields that decide what a message is.
struct FieldValues {
    /// The kind of a value.
    enum Kind: UInt8 {
        case absent
        case string
        /// A string that holds an escape.
        case escapedString
        case number
        case object
        case array
        case other
    }

    private var kinds = InlineArray<32, Kind>(repeating: .absent)
    private var starts = InlineArray<32, Int>(repeating: 0)
    private var ends = InlineArray<32, Int>(repeating: 0)
    /// One bit a field that stands there.
    private(set) var present: UInt64 = 0
    /// The compliance event, if one stands there.
    private(set) var event: ComplianceKind?

    /// Notes a field.
    ///
    /// - Returns: False if it stood there already.
    @inline(__always)
    mutating func set(_ field: MessageField, _ kind: Kind, _ range: Range<Int>) -> Bool {
        guard present & field.bit == 0 else { return false }
        present |= field.bit
        let index = Int(field.rawValue)
        kinds[index] = kind
        starts[index] = range.lowerBound
        ends[index] = range.upperBound
        return true
    }

    /// Notes a compliance event.
    ///
    /// - Returns: False if another one stood there already.
    mutating func set(_ kind: ComplianceKind) -> Bool {
        guard event == nil else { return false }
        event = kind
        return true
    }

    /// Whether any of the fields stands there.
    func has(_ fields: MessageField...) -> Bool {
        fields.contains { present & $0.bit != 0 }
    }

    /// Whether the field stands there.
    @inline(__always)
    func has(_ field: MessageField) -> Bool {
        present & field.bit != 0
    }

    /// The kind of the field's value.
    @inline(__always)
    func kind(_ field: MessageField) -> Kind {
        kinds[Int(field.rawValue)]
    }

    /// Where the value stands in the line; of a string, what is between the quotes.
    @inline(__always)
    func range(_ field: MessageField) -> Range<Int> {
        let index = Int(field.rawValue)
        return starts[index]..<ends[index]
    }
}
