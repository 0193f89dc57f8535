/// What goes wrong in the simulated world.
public enum FaultKind: String, CaseIterable, Hashable, Sendable {
    // The upstream.
    /// The stream is ended by the server or the network; bytes on their way are gone.
    case cut
    /// Nothing comes any more, and nobody is told.
    case halfOpen
    /// Heartbeats, and no Tweets.
    case silence
    /// The delivery falls behind, and catches up.
    case lag
    /// A share of the Tweets never comes on one connection.
    case withheld
    /// Connects are refused or fail.
    case refused
    /// Backfill is not what was asked for: none, the last part of it, a share, or with a hole.
    case lyingBackfill
    /// Lines that are no known message.
    case junk
    /// Lines that are too long, whole or beyond memory.
    case oversize
    /// The server says that it closes, for one of its reasons, and does.
    case farewell
    /// The network carries little.
    case slowNetwork
    /// Recovery requests fail, end early, or leave minutes out.
    case recoveryTrouble
    // Kafka.
    /// Nothing answers.
    case kafkaAway
    /// A partition of raw has no leader for a while; what was not replicated is gone.
    case leaderChange
    /// A partition of raw gets a leader that was not in sync: its newest records are gone, acknowledged or read.
    case uncleanElection
    /// Batches are written and their acknowledgements lost.
    case lostAcknowledgements
    /// Calls of transactions fail and demand an abort.
    case transactionErrors
    /// Commits take longer than a session lasts, and not as long as a transaction.
    case slowCommits
    /// Decided transactions wait for their markers, so that offsets are pending and readers stop.
    case lateMarkers
    /// Producers fail for good and are replaced.
    case fatalProducer
    /// Records are refused, to deadletter or altogether.
    case refusedRecords
    /// Retention takes records of raw, read or not.
    case retention
    /// Compaction takes what it may at once.
    case compaction
    /// Records of a changelog are deleted that are needed still.
    case changelogLost
    /// Dedup is away for so long that the group's offsets expire.
    case offsetsExpired
    // Hosts.
    /// A bridge dies at one of its steps.
    case bridgeCrash
    /// A bridge is stopped in order, as for an update, and started again.
    case bridgeRestart
    /// A dedup instance dies at one of its steps.
    case dedupCrash
    /// A coordinator dies at one of its steps.
    case coordinatorCrash
    /// All hosts lose power.
    case powerLoss
    /// A process stands still, perhaps for longer than every time-out, and goes on.
    case stall
    /// A second process is started under the name of one that stands still or lives.
    case twin
    /// A host's clock jumps.
    case clockJump
    /// A process reaches Kafka no more, and everybody else does.
    case cutOff
}

/// One thing that goes wrong: what, when, for how long, and to whom.
public struct Fault: Hashable, Sendable {
    /// What.
    public var kind: FaultKind
    /// When, in milliseconds of the simulation.
    public var at: Int64
    /// For how long, in milliseconds.
    public var length: Int64
    /// To which of the two of whatever it concerns.
    public var target: Int
    /// Of which of the two stream partitions.
    public var stream: Int
    /// How much, 0 ..< 1.
    public var value: Double

    /// A fault from its parts.
    public init(kind: FaultKind, at: Int64, length: Int64, target: Int = 0, stream: Int = 0, value: Double = 0) {
        self.kind = kind
        self.at = at
        self.length = length
        self.target = target
        self.stream = stream
        self.value = value
    }

    var end: Int64 { at + length }
}

extension Fault: CustomStringConvertible {
    /// The fault for people.
    public var description: String {
        let amount = Int(value * 1000)
        return
            "\(kind.rawValue) at \(clockText(at)) for \(length / 1000) s (target \(target), stream \(stream + 1), \(amount) ‰)"
    }
}

/// A time of the simulation, `h:mm:ss.mmm`.
func clockText(_ time: Int64) -> String {
    func pad(_ value: Int64, _ count: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return "\(time / 3_600_000):\(pad(time / 60_000 % 60, 2)):\(pad(time / 1000 % 60, 2)).\(pad(time % 1000, 3))"
}
