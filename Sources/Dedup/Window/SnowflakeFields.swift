/// The numbering of a frozen bucket's IDs that leaves out what never occurs in it.
///
/// A sampled stream takes a hundred milliseconds of every second, few workers, and low sequence numbers. Each of the
/// fields second, millisecond, worker and sequence is replaced by its rank among the values that do occur; the ranks
/// in mixed radix keep the order of the IDs, and the space that has to be coded shrinks by the product.
struct SnowflakeFields: Sendable {
    private let firstMillisecond: UInt64
    private var seconds = RankedSet(limit: 1052)
    private var milliseconds = RankedSet(limit: 1000)
    private var workers = RankedSet(limit: 1024)
    private var sequences = RankedSet(limit: 4096)

    /// The fields that occur among the sorted keys of a bucket.
    init(bucket: UInt64, keys: some Sequence<UInt64>) {
        firstMillisecond = bucket << 20
        for key in keys {
            let parts = split(key)
            seconds.insert(parts.second)
            milliseconds.insert(parts.millisecond)
            workers.insert(parts.worker)
            sequences.insert(parts.sequence)
        }
        seconds.seal()
        milliseconds.seal()
        workers.seal()
        sequences.seal()
    }

    var bytes: Int { seconds.bytes + milliseconds.bytes + workers.bytes + sequences.bytes }

    /// The key's number; nil for a key one of whose fields never occurs, and which so is no member of the bucket.
    @inline(__always)
    func number(of key: UInt64) -> UInt64? {
        let parts = split(key)
        guard let second = seconds.rank(of: parts.second), let millisecond = milliseconds.rank(of: parts.millisecond),
            let worker = workers.rank(of: parts.worker), let sequence = sequences.rank(of: parts.sequence)
        else { return nil }
        let time = second &* UInt64(milliseconds.count) &+ millisecond
        return (time &* UInt64(workers.count) &+ worker) &* UInt64(sequences.count) &+ sequence
    }

    /// Gives keys back for numbers.
    func decoder() -> (UInt64) -> UInt64 {
        let seconds = self.seconds.members
        let milliseconds = self.milliseconds.members
        let workers = self.workers.members
        let sequences = self.sequences.members
        let start = firstMillisecond
        return { number in
            let sequence = UInt64(sequences[Int(number % UInt64(sequences.count))])
            var rest = number / UInt64(sequences.count)
            let worker = UInt64(workers[Int(rest % UInt64(workers.count))])
            rest /= UInt64(workers.count)
            let millisecond = UInt64(milliseconds[Int(rest % UInt64(milliseconds.count))])
            let second = UInt64(seconds[Int(rest / UInt64(milliseconds.count))])
            let time = (start / 1000 + second) * 1000 + millisecond - start
            return time << 22 | worker << 12 | sequence
        }
    }

    @inline(__always)
    private func split(_ key: UInt64) -> (second: Int, millisecond: Int, worker: Int, sequence: Int) {
        let time = firstMillisecond &+ key >> 22
        let second = time / 1000
        return (
            Int(truncatingIfNeeded: second &- firstMillisecond / 1000),
            Int(truncatingIfNeeded: time &- second &* 1000), Int(truncatingIfNeeded: key >> 12 & 0x3FF),
            Int(truncatingIfNeeded: key & 0xFFF)
        )
    }
}
