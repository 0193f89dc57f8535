import Tweets

/// Drives one session's rule as a bridge does: published once a second, acknowledged in order by each Kafka partition.
struct ModelBridge<Rule: ClaimRule> {
    private struct Waiting {
        var at: Int64
        var tag: Int
        var index: Int
    }

    private static var partitionCount: Int { 3 }

    /// What control holds of the session.
    private(set) var published: EventInterval?
    private(set) var isCredited = false
    private var rule: Rule
    private var waiting = [[Waiting]](repeating: [], count: Self.partitionCount)
    private var next = [Int](repeating: 0, count: Self.partitionCount)
    private var acknowledgedAt: [Int64]

    init(_ rule: Rule, start: Int64) {
        self.rule = rule
        acknowledgedAt = [Int64](repeating: start, count: Self.partitionCount)
    }

    /// Runs a session to its end.
    ///
    /// - Parameter reached: Called with the place of every Tweet that is in Kafka.
    mutating func run(
        _ session: ModelSession,
        _ world: ModelWorld,
        using random: inout ModelRandom,
        reached: (Int) -> Void
    ) {
        var acknowledgements = ModelRandom(seed: random.next())
        session.forEachRead(world, using: &random) { time, index in
            if rule.advance(to: time) { publish(at: time, isOver: false, reached) }
            let delay = acknowledgements.number(acknowledgements.chance(0.01) ? 5...3000 : 5...200)
            let partition = index % Self.partitionCount
            var at = max(acknowledgedAt[partition], time + delay)
            if let stuck = session.stuck, stuck.range.contains(at), stuck.partitions.contains(partition) {
                at = stuck.range.upperBound
            }
            acknowledgedAt[partition] = at
            waiting[partition].append(Waiting(at: at, tag: rule.tag, index: index))
            rule.read(world.ids[index])
        }
        end(session, using: &acknowledgements, reached)
    }

    private mutating func end(_ session: ModelSession, using random: inout ModelRandom, _ reached: (Int) -> Void) {
        let last = session.end
        switch session.ending {
        case .killed:
            if rule.advance(to: last) { publish(at: last, isOver: false, reached) }
        case .killedBeforeRecord:
            // Kafka has what was acknowledged since, and control does not say so.
            takeAcknowledgements(until: last, reached)
        case .dropped:
            _ = rule.advance(to: last)
            rule.finish(at: last)
            publish(at: .max, isOver: true, reached)
        case .droppedThenKilled:
            _ = rule.advance(to: last)
            rule.finish(at: last)
            publish(at: last + random.number(0...1000), isOver: true, reached)
        }
    }

    private mutating func publish(at time: Int64, isOver: Bool, _ reached: (Int) -> Void) {
        takeAcknowledgements(until: time, reached)
        rule.settle(isOver: isOver)
        published = rule.claim
        isCredited = rule.isCredited
    }

    private mutating func takeAcknowledgements(until time: Int64, _ reached: (Int) -> Void) {
        for partition in 0..<Self.partitionCount {
            while next[partition] < waiting[partition].count {
                let record = waiting[partition][next[partition]]
                guard record.at <= time else { break }
                rule.acknowledged(record.tag)
                reached(record.index)
                next[partition] += 1
            }
        }
    }
}
