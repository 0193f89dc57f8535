/// Packs a bucket a few IDs at a time, so that the path of a Tweet never waits for a whole bucket.
///
/// While it runs the bucket's `sealed` layer and its frozen one stay as they are; what comes meanwhile goes to `fresh`.
struct FreezeJob: Sendable {
    /// The bucket's number.
    let number: UInt64
    private var builder: FrozenBuilder
    private var phase = Phase.survey
    private var table = 0
    private var old: FrozenMarks
    private var nextOld: UInt64?
    private var pending: [UInt64] = []
    private var pendingIndex = 0

    private enum Phase {
        /// Which values occur in the bucket, and how many IDs there are.
        case survey
        /// The IDs in order.
        case build
    }

    /// A survey costs less than packing does.
    private static let surveysAUnit = 4
    private static let chunk = 1024

    /// Memory in bytes of what is not part of the bucket.
    var bytes: Int { builder.bytes + pending.capacity * 8 + 64 }

    /// A job for a bucket that has something sealed.
    init(number: UInt64, bucket: WindowBucket) {
        self.number = number
        builder = FrozenBuilder(bucket: number)
        builder.survey(bucket.frozen)
        old = bucket.frozen.makeIterator()
        nextOld = old.next()
    }

    /// Goes on by about so many IDs, and takes them off.
    ///
    /// - Returns: The packed bucket, once it is complete.
    mutating func advance(_ left: inout Int, _ bucket: WindowBucket) -> FrozenBucket? {
        while left > 0 {
            switch phase {
            case .survey:
                guard table < bucket.sealed.tablesCount else {
                    builder.seal()
                    phase = .build
                    table = 0
                    break
                }
                builder.survey(bucket.sealed, table, over: bucket.frozen)
                left -= bucket.sealed.count(ofTable: table) / Self.surveysAUnit + 1
                table += 1
            case .build:
                if pendingIndex == pending.count, table < bucket.sealed.tablesCount {
                    pending = bucket.sealed.marks(ofTable: table)
                    pendingIndex = 0
                    table += 1
                    left -= 1
                } else if pendingIndex == pending.count, nextOld == nil {
                    return builder.finish()
                } else {
                    left -= merge(isLast: table == bucket.sealed.tablesCount)
                }
            }
        }
        return nil
    }

    /// Merges a chunk of what is pending and what was packed before.
    ///
    /// - Returns: How many IDs it was.
    private mutating func merge(isLast: Bool) -> Int {
        if nextOld == nil {
            let end = min(pending.count, pendingIndex + Self.chunk)
            builder.append(pending[pendingIndex..<end])
            defer { pendingIndex = end }
            return end - pendingIndex
        }
        var chunk: [UInt64] = []
        chunk.reserveCapacity(Self.chunk)
        while chunk.count < Self.chunk {
            guard pendingIndex < pending.count else {
                // What is old and lies behind all that is pending may still lie behind something of the next table.
                guard isLast, let mark = nextOld else { break }
                chunk.append(mark)
                nextOld = old.next()
                continue
            }
            let mark = pending[pendingIndex]
            guard let other = nextOld, other >> 1 <= mark >> 1 else {
                chunk.append(mark)
                pendingIndex += 1
                continue
            }
            if other >> 1 == mark >> 1 {
                chunk.append(other | mark)
                pendingIndex += 1
            } else {
                chunk.append(other)
            }
            nextOld = old.next()
        }
        builder.append(chunk)
        return chunk.count
    }
}
