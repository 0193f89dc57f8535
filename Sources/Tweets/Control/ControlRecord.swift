/// One record of the control topic, of a kind that this version knows.
public enum ControlRecord: Hashable, Sendable {
    /// The state of a connection's session.
    case session(SessionRecord)
    /// A bridge took a connection's name over.
    case claim(ClaimRecord)
    /// The state of a gap.
    case gap(GapRecord)
    /// The state of a recovery job.
    case job(JobRecord)
    /// Raw records that were gone before dedup read them.
    case loss(LossRecord)
    /// Who delivered the Tweets of a minute.
    case census(CensusRecord)
    /// Settled history.
    case ledger(LedgerRecord)
    /// The partition count of the topics.
    case topics(TopicsRecord)

    /// The key under which it is kept.
    public var key: ControlKey {
        switch self {
        case .session(let record): record.key
        case .claim(let record): record.key
        case .gap(let record): record.key
        case .job(let record): record.key
        case .loss(let record): record.key
        case .census(let record): record.key
        case .ledger(let record): record.key
        case .topics: TopicsRecord.key
        }
    }
}
