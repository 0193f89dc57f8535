import Recovery
import Tweets

/// 2026-11-23T00:00:00Z, where the tests' time begins.
let midnight = Instant(seconds: 1_795_392_000)

func at(_ seconds: Int64) -> Instant { midnight + .seconds(seconds) }

func span(_ from: Int64, _ to: Int64) -> EventInterval { EventInterval(from: at(from), to: at(to)) }

func set(_ intervals: EventInterval...) -> IntervalSet { IntervalSet(intervals) }

func clock(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

let firstPartition = StreamPartition(product: .sample10, number: 1)
let secondPartition = StreamPartition(product: .sample10, number: 2)
