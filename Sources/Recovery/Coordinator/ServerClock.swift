public import Tweets

/// The upstream's time, as the bridges' sessions tell it, against this host's clock.
///
/// Each session knows how far its host's clock was from the server's `Date`; its records, corrected by that, tell the
/// server's time when they were written. The middle one of the connections heard lately is believed, so that one host
/// whose clock jumps moves nothing; where there are two middle ones, the one that agrees better with this host's clock.
///
/// While nobody is heard, what was heard last holds on: that is when gaps are opened and asked for, and a host whose clock is
/// ahead would open them into time that has not come.
public struct ServerClock: Hashable, Sendable {
    /// A difference below this is the time that records take, and the second of `Date`.
    public static let tolerance: Duration = .seconds(5)

    private struct Sample: Hashable {
        var server: Instant
        var at: MonotonicInstant
    }

    /// By connection, since all sessions of a host are wrong together.
    private var samples: [String: Sample] = [:]
    private let memory: Duration

    /// Nothing known yet.
    ///
    /// - Parameter memory: How long a session that is not heard any more still counts beside others.
    public init(memory: Duration) {
        self.memory = memory
    }

    /// Takes a record of a session that arrived just now.
    ///
    /// Where the two clocks of the record agree to the millisecond, the server told none: its `Date` has whole seconds.
    public mutating func note(_ record: SessionRecord, at now: MonotonicInstant) {
        guard record.serverDate != record.localDate else { return }
        let server = record.updatedAt + (record.serverDate - record.localDate)
        samples[record.connection] = Sample(server: server, at: now)
        guard samples.values.contains(where: { now - $0.at > memory }) else { return }
        samples = samples.filter { now - $0.value.at <= memory }
    }

    /// How far the server's clock is ahead of this host's; zero where it is about the same or not known.
    ///
    /// - Parameters:
    ///   - now: The monotonic clock, which goes on as the server's does.
    ///   - wall: This host's clock.
    public func difference(at now: MonotonicInstant, wall: Instant) -> Duration {
        let recent = samples.values.filter { now - $0.at <= memory }
        let told = (recent.isEmpty ? Array(samples.values) : recent).map { $0.server + (now - $0.at) - wall }.sorted()
        guard !told.isEmpty else { return .zero }
        let (low, high) = (told[(told.count - 1) / 2], told[told.count / 2])
        let middle = Self.size(low) < Self.size(high) ? low : high
        return Self.size(middle) < Self.tolerance ? .zero : middle
    }

    private static func size(_ difference: Duration) -> Duration { max(difference, .zero - difference) }
}
