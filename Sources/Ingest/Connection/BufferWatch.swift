/// Watches how full the buffer of what waits for Kafka is, and says so once a step, not once a second.
public struct BufferWatch: Sendable {
    /// What has changed.
    public enum Event: Hashable, Sendable {
        /// The buffer has reached this share, in percent, and goes on filling.
        case filling(percent: Int)
        /// Nothing more fits: reading has stopped.
        case full
        /// It is nearly empty again.
        case drained
    }

    /// The shares at which something is said, in percent.
    public static let steps = [25, 50, 75]
    /// Below this share, in percent, the buffer counts as drained.
    public static let drainedBelow = 10

    private var reached = 0

    /// A watch over an empty buffer.
    public init() {}

    /// Notes how full the buffer is.
    ///
    /// - Parameters:
    ///   - bytes: What waits.
    ///   - limit: What fits, at least 1.
    ///   - isPaused: Whether reading has stopped for want of room.
    public mutating func look(bytes: Int64, limit: Int64, isPaused: Bool) -> Event? {
        let percent = Int(min(100, max(0, bytes) * 100 / max(1, limit)))
        if isPaused {
            defer { reached = 100 }
            return reached < 100 ? .full : nil
        }
        if percent < Self.drainedBelow {
            defer { reached = 0 }
            return reached > 0 ? .drained : nil
        }
        guard let step = Self.steps.last(where: { percent >= $0 }), step > reached else { return nil }
        reached = step
        return .filling(percent: step)
    }
}
