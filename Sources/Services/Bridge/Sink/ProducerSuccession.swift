import Kafka
import Tweets

/// When one producer may follow another, and how long the failed one is looked after.
///
/// An error that comes back at once, such as a right that is missing, must not make producers as fast as they fail.
struct ProducerSuccession {
    private static let pauseMin: Duration = .milliseconds(200)
    private static let pauseMax: Duration = .seconds(10)
    /// A producer that lived so long was well.
    private static let wellAfter: Duration = .seconds(30)
    /// No pipeline is still inside a call to the failed producer after that.
    private static let retirement: Duration = .seconds(10)

    /// The failed producer, while records may still come back from it.
    private(set) var retired: ProducerGeneration?
    private var began: MonotonicInstant?
    private var pause = ProducerSuccession.pauseMin

    /// Whether the failed producer still has records.
    var isDraining: Bool { retired.map { $0.producer.outQueueLength > 0 } ?? false }

    /// Whether the next producer may begin now.
    func isDue(_ now: MonotonicInstant) -> Bool {
        !isDraining && began.map { now >= $0 + pause } ?? true
    }

    /// The next producer began.
    mutating func began(after failed: ProducerGeneration, at now: MonotonicInstant) {
        if let began { pause = now - began >= Self.wellAfter ? Self.pauseMin : min(pause * 2, Self.pauseMax) }
        began = now
        retired = failed
    }

    /// Whether nothing can come back any more.
    func mayForget(_ now: MonotonicInstant) -> Bool {
        began.map { now >= $0 + Self.retirement } ?? false
    }

    mutating func forget() {
        retired = nil
    }
}
