/// Draws values out of a fuzzer's bytes, so that a mutation of the bytes is a mutation of the values; zero once they are used up.
public struct FuzzInput {
    private var bytes: UnsafeRawBufferPointer

    /// All of a fuzzer's bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Whether they are used up.
    public var isEmpty: Bool { bytes.isEmpty }

    /// The next byte.
    public mutating func byte() -> UInt8 {
        guard let first = bytes.first else { return 0 }
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        return first
    }

    /// Yes or no.
    public mutating func flag() -> Bool { byte() & 1 == 1 }

    /// One of a few.
    public mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(byte()) % values.count] }

    /// A number near zero, near a limit, or any.
    public mutating func number() -> Int64 {
        let near = Int64(byte()) - 128
        switch byte() % 6 {
        case 0, 1: return near
        case 2: return .max &- (near & 127)
        case 3: return .min &+ (near & 127)
        case 4: return near << Int64(byte() % 56)
        default: return (0..<8).reduce(0 as Int64) { value, _ in value << 8 | Int64(byte()) }
        }
    }

    /// Up to `countMax` values.
    public mutating func list<Value>(_ countMax: Int, _ draw: (inout FuzzInput) -> Value) -> [Value] {
        var values: [Value] = []
        for _ in 0..<Int(byte()) % (countMax + 1) { values.append(draw(&self)) }
        return values
    }
}
