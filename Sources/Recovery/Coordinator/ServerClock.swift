public import Tweets

/// The upstream's time, as the bridges' sessions tell it, against this host's clock.
///
/// Each session knows how far its host's clock was from the server's `Date`; its records, corrected by that, tell the
/// server's time when they were written. The middle one of the connections heard lately is believed, so that one host
/// whose clock jumps moves nothing; where there are two middle ones, the one that agrees better with this host's clock.
public struct ServerClock: Hashable, Sendable {
    /// A difference below this is the time that records take, and the second of `Date`.
    public static let tolerance: Duration = .seconds(5)

    private struct Sample: Hashable {
        var difference: Duration
        var at: MonotonicInstant
    }

    /// By connection, since all sessions of a host are wrong together.
    private var samples: [String: Sample] = [:]
    private let memory: Duration

    /// Nothing known yet.
    ///
    /// - Parameter memory: How long a session that is not heard any more still counts.
    public init(memory: Duration) {
        self.memory = memory
    }

    /// Takes a record of a session that arrived just now.
    ///
    /// Where the two clocks of the record agree to the millisecond, the server told none: its `Date` has whole seconds.
    public mutating func note(_ record: SessionRecord, wall: Instant, at now: MonotonicInstant) {
        guard record.serverDate != record.localDate else { return }
        let serverTime = record.updatedAt + (record.serverDate - record.localDate)
        samples[record.connection] = Sample(difference: serverTime - wall, at: now)
        samples = samples.filter { now - $0.value.at <= memory }
    }

    /// How far the server's clock is ahead of this host's; zero where it is about the same or not known.
    public func difference(at now: MonotonicInstant) -> Duration {
        let recent = samples.values.filter { now - $0.at <= memory }.map(\.difference).sorted()
        guard !recent.isEmpty else { return .zero }
        let (low, high) = (recent[(recent.count - 1) / 2], recent[recent.count / 2])
        let middle = Self.size(low) < Self.size(high) ? low : high
        return Self.size(middle) < Self.tolerance ? .zero : middle
    }

    private static func size(_ difference: Duration) -> Duration { max(difference, .zero - difference) }
}
