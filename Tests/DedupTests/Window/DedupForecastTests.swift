import Testing
import Tweets

@testable import Dedup

@Suite("The forecast of a set's memory")
struct DedupForecastTests {
    @Test("is never less than what a window of such a horizon and rate comes to, nor twice as much")
    func truth() {
        let rate = 12
        let horizon = 7200
        let forecast = DedupForecast(horizon: .seconds(horizon), rate: Double(rate), freezeAfter: .seconds(1200))
        var snowflakes = Snowflakes(seed: 3)
        snowflakes.start = 500_000 << 20
        var window = DedupWindow()
        var most = DedupUsage()
        for second in 0..<horizon + 1000 {
            for _ in 0..<rate {
                // Not sampled: workers and sequences all over, which costs the most.
                window.add(
                    snowflakes.wild(millisecond: snowflakes.start + UInt64(second) * 1000),
                    isDeleted: false
                )
            }
            guard second % 60 == 59 else { continue }
            let now = snowflakes.start + UInt64(second) * 1000
            window.dropBuckets(before: (now - min(now - snowflakes.start, UInt64(horizon) * 1000)) << 22)
            window.freezeBuckets(before: (now - min(now - snowflakes.start, 1_200_000)) << 22)
            if window.usage.bytes > most.bytes { most = window.usage }
        }
        #expect(most.freshIDs + most.frozenIDs <= forecast.ids)
        #expect(most.bytes <= forecast.bytes, "\(most)")
        #expect(most.bytes * 2 > forecast.bytes, "\(most) of \(forecast)")
        #expect(most.frozenBytes <= most.frozenIDs * 4, "\(most)")
    }
}
