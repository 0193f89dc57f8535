/// Chooses the Kafka partition of a key exactly as Java's default partitioner does.
///
/// Users of Kafka Streams, Flink and Connect join by key, so the hash must be theirs: murmur2 with the seed and the
/// signed-to-positive step of `org.apache.kafka.common.utils.Utils`.
public enum KafkaPartitioner {
    /// The partition of `key` among `count`.
    ///
    /// - Parameters:
    ///   - key: Its bytes.
    ///   - count: At least 1.
    @inlinable
    public static func partition(of key: UnsafeRawBufferPointer, count: Int32) -> Int32 {
        Int32(bitPattern: murmur2(key) & 0x7FFF_FFFF) % count
    }

    /// Java's `Utils.murmur2`.
    @inlinable
    public static func murmur2(_ data: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: data.count)
        let blocks = data.count / 4
        for block in 0..<blocks {
            var word = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: block * 4, as: UInt32.self))
            word = word &* multiplier
            word ^= word >> 24
            word = word &* multiplier
            hash = hash &* multiplier
            hash ^= word
        }
        let tail = blocks * 4
        switch data.count - tail {
        case 3:
            hash ^= UInt32(data[tail + 2]) << 16
            hash ^= UInt32(data[tail + 1]) << 8
            hash ^= UInt32(data[tail])
            hash = hash &* multiplier
        case 2:
            hash ^= UInt32(data[tail + 1]) << 8
            hash ^= UInt32(data[tail])
            hash = hash &* multiplier
        case 1:
            hash ^= UInt32(data[tail])
            hash = hash &* multiplier
        default:
            break
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        hash ^= hash >> 15
        return hash
    }
}
