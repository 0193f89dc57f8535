/// The acts of the demonstration, in the order in which they are played.
public enum DemoAct: String, CaseIterable, Sendable, Codable {
    /// Everything runs.
    case steady
    /// Bridge a is killed; bridge b delivers alone.
    case oneBridgeDead = "one-bridge-dead"
    /// Bridge a returns and asks for what it missed.
    case backfill
    /// Both bridges are killed, and the upstream grants no backfill.
    case bothBridgesDead = "both-bridges-dead"
    /// Copies of deleted Tweets arrive after their delete.
    case deletes

    /// One line on what is seen.
    public var title: String {
        switch self {
        case .steady: "steady: every Tweet comes twice and leaves once"
        case .oneBridgeDead: "kill -9 of bridge a: b delivers alone, nothing is missing"
        case .backfill: "bridge a returns and asks for the minutes that it missed"
        case .bothBridgesDead: "kill -9 of both, no backfill granted: a true gap, closed by a recovery job"
        case .deletes: "deletes: late copies of deleted Tweets must not come back"
        }
    }
}
