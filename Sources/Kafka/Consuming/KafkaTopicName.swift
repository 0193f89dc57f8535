/// A topic's name in the form that consumed records are compared with, made once.
public struct KafkaTopicName: Sendable {
    private let bytes: [UInt8]

    /// Prepares a name.
    public init(_ name: String) {
        bytes = Array(name.utf8)
    }

    func equals(_ other: UnsafePointer<CChar>?) -> Bool {
        guard let other else { return false }
        for (index, byte) in bytes.enumerated() where UInt8(bitPattern: other[index]) != byte { return false }
        return other[bytes.count] == 0
    }
}
