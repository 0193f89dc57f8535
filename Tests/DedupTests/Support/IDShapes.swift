/// Sequences of IDs that a set must bear: as they come in life, and as an enemy or a broken clock would send them.
enum IDShape: String, CaseIterable, Sendable {
    /// A sampled stream, nearly in the order of time.
    case sampled
    /// Workers and sequences all over, hours out of order.
    case hoursOutOfOrder
    /// Every ID in one millisecond.
    case oneMillisecond
    /// Every ID anywhere in one bucket.
    case oneBucket
    /// One worker and the first sequence: only the time differs, so the low 22 bits are all the same.
    case oneWorker
    /// Multiples of 2¹²: no sequences.
    case noSequences
    /// A number after the other.
    case consecutive
    /// A crowd in one millisecond, and one ID in each of many others.
    case crowdAndStragglers
    /// The first and the last millisecond of a bucket in turn, with IDs of neighbouring buckets beside them.
    case edges

    /// Distinct-ish IDs of the shape, in the order in which they come.
    func ids(_ count: Int, seed: UInt64) -> [UInt64] {
        var snowflakes = Snowflakes(seed: seed)
        // At the start of a bucket.
        snowflakes.start = 500_000 << 20
        let start = snowflakes.start
        return (0..<count).map { index in
            let number = UInt64(index)
            switch self {
            case .sampled:
                let delay = Int.random(in: 0..<20, using: &snowflakes.generator)
                return snowflakes.id(atSecond: max(0, index / 20 - delay))
            case .hoursOutOfOrder:
                let back = UInt64.random(in: 0..<14_400_000, using: &snowflakes.generator)
                return snowflakes.wild(millisecond: start + 20_000_000 + number * 10 - back)
            case .oneMillisecond:
                return snowflakes.wild(millisecond: start + 77)
            case .oneBucket:
                return snowflakes.wild(
                    millisecond: start + UInt64.random(in: 0..<1 << 20, using: &snowflakes.generator)
                )
            case .oneWorker: return (start + number) << 22 | 345 << 12
            case .noSequences: return (start << 22) + number << 12
            case .consecutive: return (start << 22) + 1000 + number
            case .crowdAndStragglers:
                if index % 100 == 0 { return snowflakes.wild(millisecond: start + number * 10 % 1_000_000) }
                return snowflakes.wild(millisecond: start + 77)
            case .edges:
                let base = start + (number % 2 == 0 ? 0 : (1 << 20) - 1)
                return snowflakes.wild(millisecond: base + (number % 3 == 0 ? 1 << 20 : 0))
            }
        }
    }
}
