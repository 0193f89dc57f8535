import Histogram
import Synchronization

/// A distribution of durations, kept at two significant digits and shown in fixed buckets of seconds.
///
/// One per thread that records is cheapest; recording takes an uncontended lock.
public final class LatencyHistogram: Sendable {
    /// The upper bounds shown to Prometheus, in seconds.
    public static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]

    private struct State {
        var histogram = Histogram<UInt32>(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .two)
        var buckets = [Int64](repeating: 0, count: LatencyHistogram.bounds.count)
        var sumMicroseconds: Double = 0
        var count: Int64 = 0
    }

    private let state = Mutex(State())

    init() {}

    /// Records one duration; longer than an hour counts as an hour, negative as zero.
    public func record(microseconds: Int64) {
        let value = UInt64(max(0, min(microseconds, 3_600_000_000)))
        state.withLock { state in
            _ = state.histogram.record(value)
            state.sumMicroseconds += Double(value)
            state.count += 1
            let seconds = Double(value) / 1_000_000
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.buckets[bucket] += 1 }
        }
    }

    /// The duration below which `percentile` per cent of the recorded ones lie, in seconds; 0 where none is.
    public func seconds(atPercentile percentile: Double) -> Double {
        state.withLock { $0.count == 0 ? 0 : Double($0.histogram.valueAtPercentile(percentile)) / 1_000_000 }
    }

    var snapshot: (buckets: [Int64], sumSeconds: Double, count: Int64) {
        state.withLock { ($0.buckets, $0.sumMicroseconds / 1_000_000, $0.count) }
    }
}
