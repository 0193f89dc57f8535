/// The one header that a record may carry here: its name, and a value encoded beforehand.
public struct KafkaHeader {
    /// The name; ASCII.
    public let name: StaticString
    /// The value's bytes, borrowed for the call that it is given to.
    public let value: UnsafeRawBufferPointer

    /// Pairs a name and a value.
    public init(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        self.name = name
        self.value = value
    }
}
