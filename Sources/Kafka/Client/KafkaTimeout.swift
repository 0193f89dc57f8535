extension Duration {
    /// Whole milliseconds for librdkafka, rounded up so that a short wait does not become a busy loop.
    ///
    /// A negative duration becomes 0: librdkafka would read -1 as "for ever".
    var kafkaMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        if seconds >= 2_000_000 { return 2_000_000_000 }
        if seconds < 0 || attoseconds < 0 { return 0 }
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        return Int32(seconds * 1000 + (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond)
    }
}
