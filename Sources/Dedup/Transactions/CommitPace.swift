/// How long a transaction stays open: ten times what a commit takes, within a bound.
///
/// | a commit takes | the interval, bound 100 ms |
/// | --- | --- |
/// | 0.5 ms | 10 ms |
/// | 3 ms | 30 ms |
/// | 10 ms and more | 100 ms |
///
/// So an idle stage is quick, and a busy broker is asked for a tenth of its time at most, until the bound wins.
public struct CommitPace: Sendable {
    private let bound: Duration
    private var usual: Duration

    /// The shortest interval.
    public static let shortest: Duration = .milliseconds(10)

    /// A pace that has seen no commit yet, so it starts at the bound.
    ///
    /// - Parameter bound: The longest interval, the setting `dedup.commit_interval`.
    public init(bound: Duration) {
        self.bound = bound
        usual = bound / 10
    }

    /// The interval now.
    public var interval: Duration { min(bound, max(Self.shortest, usual * 10)) }

    /// Takes in what a commit took; the newest eighth counts.
    public mutating func committed(in duration: Duration) {
        usual = (usual * 7 + duration) / 8
    }
}
