/// How long a transaction stays open: six times what a commit takes, within a bound.
///
/// | a commit takes | the interval, bound 100 ms |
/// | --- | --- |
/// | 0.5 ms | 10 ms |
/// | 3 ms | 18 ms |
/// | 10 ms | 60 ms |
/// | 17 ms and more | 100 ms |
///
/// So an idle stage is quick, and a busy broker is asked for a seventh of its time at most, until the bound wins.
public struct CommitPace: Sendable {
    private let bound: Duration
    private var usual: Duration

    private static let factor = 6

    /// The shortest interval.
    public static let shortest: Duration = .milliseconds(10)

    /// A pace that has seen no commit yet, so it starts at the bound.
    ///
    /// - Parameter bound: The longest interval, the setting `dedup.commit_interval`.
    public init(bound: Duration) {
        self.bound = bound
        // More than the sixth, so that rounding does not make it less than the bound.
        usual = bound / (Self.factor - 1)
    }

    /// The interval now.
    public var interval: Duration { min(bound, max(Self.shortest, usual * Self.factor)) }

    /// Takes in what a commit took; the newest eighth counts.
    public mutating func committed(in duration: Duration) {
        usual = (usual * 7 + duration) / 8
    }
}
