/// The numbering of a frozen bucket's IDs that leaves out what never occurs in it.
///
/// A sampled stream takes a hundred milliseconds of every second, few workers, and low sequence numbers. Each of the
/// fields second, millisecond, worker and sequence is replaced by its rank among the values that do occur; the ranks
/// in mixed radix keep the order of the IDs, and the space that has to be coded shrinks by the product.
///
/// The values that occur stand in words of the bucket, 48 of them a word with the count before them in its low 16
/// bits, so that a rank is one look into memory.
struct SnowflakeFields: Sendable {
    /// The first millisecond of the bucket on the snowflake clock.
    let firstMillisecond: UInt64
    /// How many milliseconds, workers and sequences occur.
    private let milliseconds: UInt64
    private let workers: UInt64
    private let sequences: UInt64

    private static let limits = (second: 1052, millisecond: 1000, worker: 1024, sequence: 4096)
    private static let millisecondsAt = words(for: limits.second)
    private static let workersAt = millisecondsAt + words(for: limits.millisecond)
    private static let sequencesAt = workersAt + words(for: limits.worker)
    /// How many words of the bucket the fields take, from its first word on.
    static let wordCount = sequencesAt + words(for: limits.sequence)

    /// The fields of a bucket none of whose values was seen yet.
    init(bucket: UInt64) {
        firstMillisecond = bucket << 20
        (milliseconds, workers, sequences) = (0, 0, 0)
    }

    /// The fields with all their values seen; puts the counts in front of them.
    init(sealing words: inout [UInt64], bucket: UInt64) {
        firstMillisecond = bucket << 20
        _ = Self.seal(&words, 0..<Self.millisecondsAt)
        milliseconds = Self.seal(&words, Self.millisecondsAt..<Self.workersAt)
        workers = Self.seal(&words, Self.workersAt..<Self.sequencesAt)
        sequences = Self.seal(&words, Self.sequencesAt..<Self.wordCount)
    }

    /// Notes the values of a key, before they are sealed.
    @inline(__always)
    func note(_ key: UInt64, in words: inout MutableSpan<UInt64>) {
        let parts = split(key)
        Self.note(parts.second, 0, &words)
        Self.note(parts.millisecond, Self.millisecondsAt, &words)
        Self.note(parts.worker, Self.workersAt, &words)
        Self.note(parts.sequence, Self.sequencesAt, &words)
    }

    /// Takes over the values of a sealed bucket, whose words begin with them.
    static func note(sealed words: Span<UInt64>, in noted: inout [UInt64]) {
        for index in 0..<wordCount { noted[index] |= words[index] & ~0xFFFF }
    }

    /// The key's number; nil for a key one of whose fields never occurs, and which so is no member of the bucket.
    @inline(__always)
    func number(of key: UInt64, in words: Span<UInt64>) -> UInt64? {
        let parts = split(key)
        guard let second = Self.rank(of: parts.second, 0, words),
            let millisecond = Self.rank(of: parts.millisecond, Self.millisecondsAt, words),
            let worker = Self.rank(of: parts.worker, Self.workersAt, words),
            let sequence = Self.rank(of: parts.sequence, Self.sequencesAt, words)
        else { return nil }
        let time = second &* milliseconds &+ millisecond
        return (time &* workers &+ worker) &* sequences &+ sequence
    }

    /// The values of the fields, in order: what turns numbers into keys again.
    func decoder(_ words: Span<UInt64>) -> Decoder {
        Decoder(
            start: firstMillisecond,
            seconds: Self.members(words, 0..<Self.millisecondsAt),
            milliseconds: Self.members(words, Self.millisecondsAt..<Self.workersAt),
            workers: Self.members(words, Self.workersAt..<Self.sequencesAt),
            sequences: Self.members(words, Self.sequencesAt..<Self.wordCount)
        )
    }

    /// Gives keys back for numbers.
    struct Decoder: Sendable {
        fileprivate let start: UInt64
        fileprivate let seconds: [UInt64]
        fileprivate let milliseconds: [UInt64]
        fileprivate let workers: [UInt64]
        fileprivate let sequences: [UInt64]

        func key(of number: UInt64) -> UInt64 {
            var (rest, sequence) = number.quotientAndRemainder(dividingBy: UInt64(sequences.count))
            let worker: UInt64
            (rest, worker) = rest.quotientAndRemainder(dividingBy: UInt64(workers.count))
            let (second, millisecond) = rest.quotientAndRemainder(dividingBy: UInt64(milliseconds.count))
            let time = (start / 1000 + seconds[Int(second)]) * 1000 + milliseconds[Int(millisecond)] - start
            return time << 22 | workers[Int(worker)] << 12 | sequences[Int(sequence)]
        }
    }

    @inline(__always)
    private func split(_ key: UInt64) -> (second: UInt64, millisecond: UInt64, worker: UInt64, sequence: UInt64) {
        let time = firstMillisecond &+ key &>> 22
        let second = time / 1000
        return (
            second &- firstMillisecond / 1000, time &- second &* 1000, key &>> 12 & 0x3FF, key & 0xFFF
        )
    }

    // MARK: One field

    private static func words(for limit: Int) -> Int { (limit + 47) / 48 }

    @inline(__always)
    private static func note(_ value: UInt64, _ base: Int, _ words: inout MutableSpan<UInt64>) {
        words[unchecked: base &+ Int(truncatingIfNeeded: value / 48)] |= 1 &<< (16 &+ value % 48)
    }

    private static func seal(_ words: inout [UInt64], _ range: Range<Int>) -> UInt64 {
        var count: UInt64 = 0
        for index in range {
            let here = UInt64((words[index] >> 16).nonzeroBitCount)
            words[index] |= count
            count += here
        }
        return count
    }

    @inline(__always)
    private static func rank(of value: UInt64, _ base: Int, _ words: Span<UInt64>) -> UInt64? {
        // No value reaches the limit of its field, which is a fact of how keys are split.
        let word = words[unchecked: base &+ Int(truncatingIfNeeded: value / 48)]
        let bit: UInt64 = 1 &<< (16 &+ value % 48)
        guard word & bit != 0 else { return nil }
        return word & 0xFFFF &+ UInt64(truncatingIfNeeded: ((word & (bit &- 1)) &>> 16).nonzeroBitCount)
    }

    private static func members(_ words: Span<UInt64>, _ range: Range<Int>) -> [UInt64] {
        var members: [UInt64] = []
        for index in range {
            for bit in 0..<48 where words[index] >> UInt64(16 + bit) & 1 == 1 {
                members.append(UInt64((index - range.lowerBound) * 48 + bit))
            }
        }
        return members
    }
}
