/// A line that is no message, or one that must not be taken for another.
public enum JunkKind: String, CaseIterable, Sendable, Codable {
    /// No JSON at all.
    case notJSON = "not-json"
    /// JSON that ends early.
    case halfObject = "half-object"
    /// JSON, but an array.
    case array
    /// An object without any known mark.
    case unknownShape = "unknown-shape"
    /// A NUL byte inside a text.
    case nul
    /// Bytes that are no UTF-8 inside a text.
    case invalidUTF8 = "invalid-utf8"
    /// An ID of 23 digits.
    case longID = "long-id"
    /// A negative ID.
    case negativeID = "negative-id"
    /// An ID that stands there twice, with two values.
    case duplicateKey = "duplicate-key"
    /// Ten megabytes in one line.
    case giantLine = "giant-line"
    /// A hundred thousand arrays in each other.
    case deepNesting = "deep-nesting"
    /// Only spaces.
    case blanks

    /// The line with its end.
    public var line: [UInt8] {
        let text: [UInt8] =
            switch self {
            case .notJSON: Array("<html><body>502 Bad Gateway</body></html>".utf8)
            case .halfObject: Array(#"{"id":1500000000000000001,"id_str":"15000000000000"#.utf8)
            case .array: Array(#"[{"id_str":"1500000000000000002"}]"#.utf8)
            case .unknownShape: Array(#"{"brand_new":{"id_str":"1500000000000000003"}}"#.utf8)
            case .nul: Array(#"{"id_str":"1500000000000000004","text":""#.utf8) + [0] + Array(#""}"#.utf8)
            case .invalidUTF8:
                Array(#"{"id_str":"1500000000000000005","text":""#.utf8) + [0xC3, 0x28, 0xFF] + Array(#""}"#.utf8)
            case .longID: Array(#"{"id_str":"15000000000000000060000","id":15000000000000000060000}"#.utf8)
            case .negativeID: Array(#"{"id_str":"-1500000000000000007","id":-1500000000000000007}"#.utf8)
            case .duplicateKey: Array(#"{"id_str":"1500000000000000008","id_str":"1500000000000000009"}"#.utf8)
            case .giantLine:
                Array(#"{"text":""#.utf8) + [UInt8](repeating: 0x61, count: 10_000_000)
                    + Array(#"","id_str":"1500000000000000010"}"#.utf8)
            case .deepNesting:
                Array(#"{"a":"#.utf8) + [UInt8](repeating: 0x5B, count: 100_000)
                    + [UInt8](repeating: 0x5D, count: 100_000) + Array(#","id_str":"1500000000000000011"}"#.utf8)
            case .blanks: [0x20, 0x20, 0x20]
            }
        return text + [0x0D, 0x0A]
    }
}
