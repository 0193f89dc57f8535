/// A consumer group of static members with eager rebalances.
///
/// A member hears of a rebalance at its next heartbeat, gives its partitions up and joins again; once all have, the
/// generation goes up and the partitions are dealt out. A member that is silent for longer than the session time-out is
/// dropped, without a word to it.
public struct ModelGroup: Sendable {
    /// A member at one moment, as it is sent with offsets.
    public struct Membership: Hashable, Sendable {
        /// The member; a new one for each life of an instance.
        public var member: Int
        /// The generation.
        public var generation: Int

        /// Of nobody: brokers take offsets of a transaction with it whatever members there are, as they do from clients of
        /// before KIP-447, and a client sends it that has lost its place and asks for its metadata anew.
        public static let none = Membership(member: -1, generation: -1)
    }

    /// What a heartbeat brings.
    public enum Heartbeat: Hashable, Sendable {
        /// All is as it was.
        case steady
        /// Give the partitions up, and join again.
        case rebalance
        /// The group waits for the others.
        case waiting
        /// The group does not know the member any more; its partitions are somebody else's.
        case unknown
        /// A newer member of the same instance's name has taken its place.
        case fenced
    }

    private struct Member: Sendable {
        var instance: String
        var heard: Int
        var hasJoined: Bool
        var partitions: [Int] = []
    }

    private let partitionCount: Int
    private let sessionTimeout: Int
    private var members: [Int: Member] = [:]
    private var fenced: Set<Int> = []
    private var generation = 0
    private var nextMember = 0
    private var isRebalancing = false
    private(set) var committed: [Int: Int64] = [:]

    /// A group without members, over the partitions of one topic.
    public init(partitionCount: Int, sessionTimeout: Int) {
        self.partitionCount = partitionCount
        self.sessionTimeout = sessionTimeout
    }

    /// Joins under an instance's name; an older member of that name is fenced, and its partitions are taken over as they
    /// are.
    public mutating func join(_ instance: String, now: Int) -> Int {
        let member = nextMember
        nextMember += 1
        if let old = members.first(where: { $0.value.instance == instance }) {
            members[old.key] = nil
            fenced.insert(old.key)
            members[member] = old.value
            members[member]?.heard = now
            members[member]?.hasJoined = true
        } else {
            members[member] = Member(instance: instance, heard: now, hasJoined: true)
            startRebalance(except: member)
        }
        finishRebalance()
        return member
    }

    /// Tells the group that a member lives.
    public mutating func heartbeat(_ member: Int, now: Int) -> Heartbeat {
        guard let index = members.index(forKey: member) else { return fenced.contains(member) ? .fenced : .unknown }
        members.values[index].heard = now
        guard isRebalancing else { return .steady }
        return members.values[index].hasJoined ? .waiting : .rebalance
    }

    /// Joins again after giving the partitions up.
    public mutating func rejoin(_ member: Int, now: Int) {
        members[member]?.hasJoined = true
        members[member]?.heard = now
        finishRebalance()
    }

    /// A member says goodbye, as one without a static name does.
    public mutating func leave(_ member: Int) {
        guard members.removeValue(forKey: member) != nil else { return }
        startRebalance(except: nil)
        finishRebalance()
    }

    /// Drops members that were silent for too long.
    public mutating func expire(now: Int) {
        guard members.values.contains(where: { now - $0.heard > sessionTimeout }) else { return }
        members = members.filter { now - $0.value.heard <= sessionTimeout }
        startRebalance(except: nil)
        finishRebalance()
    }

    /// The partitions of a member in the present generation; nil while they are not dealt out.
    public func assignment(of member: Int) -> [Int]? {
        isRebalancing ? nil : members[member]?.partitions
    }

    /// What a member sends with its offsets; nil for one that the group does not know.
    public func membership(of member: Int) -> Membership? {
        members[member].map { _ in Membership(member: member, generation: generation) }
    }

    func check(_ membership: Membership) throws(ModelError) {
        guard membership != .none else { return }
        guard members[membership.member] != nil, membership.generation == generation else { throw .illegalGeneration }
    }

    mutating func commit(_ offsets: [Int: Int64]) {
        committed.merge(offsets) { $1 }
    }

    /// Whether nobody is there, as is needed for offsets to expire.
    public var isEmpty: Bool { members.isEmpty }

    /// The offsets of a group that was empty for too long expire.
    public mutating func expireOffsets() {
        precondition(isEmpty, "offsets of a group with members do not expire")
        committed = [:]
    }

    private mutating func startRebalance(except joined: Int?) {
        isRebalancing = true
        for member in members.keys where member != joined { members[member]?.hasJoined = false }
    }

    private mutating func finishRebalance() {
        guard isRebalancing, members.values.allSatisfy(\.hasJoined) else { return }
        isRebalancing = false
        generation += 1
        let order = members.keys.sorted { (members[$0]?.instance ?? "") < (members[$1]?.instance ?? "") }
        for (index, member) in order.enumerated() {
            members[member]?.partitions = (0..<partitionCount).filter { $0 % order.count == index }
        }
    }
}
