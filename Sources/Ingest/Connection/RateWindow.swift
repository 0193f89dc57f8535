/// A number a second, as the mean of the last half minute.
public struct RateWindow: Sendable {
    /// Seconds that make the mean.
    public static let seconds = 30

    private var recent = [Int64](repeating: 0, count: RateWindow.seconds)
    private var sum: Int64 = 0
    private var count = 0

    /// A window without a past.
    public init() {}

    /// Notes what came in one whole second.
    public mutating func second(_ number: Int64) {
        let slot = count % Self.seconds
        sum += number - recent[slot]
        recent[slot] = number
        count += 1
    }

    /// The mean over the seconds noted, 0 where there are none.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(min(count, Self.seconds)) }

    /// Whether the window is full.
    public var isFull: Bool { count >= Self.seconds }
}
