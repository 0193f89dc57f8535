import Recovery
import Tweets

/// What a coordinator knows at one moment, in a form that other threads may read.
struct CoordinatorView: Sendable {
    var isLeading = false
    var at = Instant(milliseconds: 0)
    var gaps: [GapRecord] = []
    var jobs: [JobRecord] = []
    var coverages: [StreamCoverage] = []
    /// The connections in force, by stream partition.
    var live: [StreamPartition: [String]] = [:]
    var sessions: [SessionRecord] = []
    var census: [CensusRecord] = []
    /// Recovered records a second that jobs may bring together.
    var recoveryRate: Double = 0
    /// Tweets a second of the live connections.
    var liveRate: Double = 0
    /// How late a Tweet may be delivered: a claim lies that far behind the clock at best.
    var slack: Duration = .zero
    /// How far the upstream's clock is ahead of this host's; zero where they agree.
    var clockSkew: Duration = .zero
    /// How far back the upstream can be asked.
    var recoveryWindow: Duration = .zero
}
