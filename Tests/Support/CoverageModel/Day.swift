import Recovery
import Tweets

/// One day of the model: its Tweets, and the sessions of both connections; the same for every rule.
struct Day {
    private let world: ModelWorld
    private let connections: [[ModelSession]]
    private let seed: UInt64

    init(isQuiet: Bool, seed: UInt64) {
        self.seed = seed
        var random = ModelRandom(seed: seed)
        let world = ModelWorld(isQuiet: isQuiet, using: &random)
        self.world = world
        connections = (0..<2).map { _ in
            isQuiet ? Self.quietSessions(world, &random) : Self.badSessions(world, &random)
        }
    }

    /// Sessions that end again and again while the world is awake, for seconds or minutes.
    private static func badSessions(_ world: ModelWorld, _ random: inout ModelRandom) -> [ModelSession] {
        var sessions: [ModelSession] = []
        var time = random.number(0...100_000)
        for window in world.windows {
            // Now and then the other connection has all the trouble.
            guard window.commonCut != nil || random.chance(0.8) else { continue }
            var end = random.number(window.from...(window.from + 600_000))
            while end < window.to {
                if let cut = window.commonCut, time < cut { end = min(end, cut) }
                sessions.append(
                    ModelSession(
                        start: time,
                        end: end,
                        isQuiet: false,
                        window: window,
                        using: &random
                    )
                )
                time = sessions[sessions.count - 1].end
                time += random.number(0...(random.chance(0.5) ? 5000 : 400_000))
                end = time + random.number(5000...900_000)
            }
        }
        sessions.append(ModelSession(start: time, end: ModelWorld.dayLength, isQuiet: false, using: &random))
        return sessions
    }

    /// Sessions that end once in most windows, and come back at once.
    private static func quietSessions(_ world: ModelWorld, _ random: inout ModelRandom) -> [ModelSession] {
        var sessions: [ModelSession] = []
        var time = random.number(0...100_000)
        for window in world.windows where random.chance(0.8) {
            let end = random.number((window.from + 1000)...window.to)
            sessions.append(ModelSession(start: time, end: end, isQuiet: true, using: &random))
            time = end + random.number(250...5000)
        }
        sessions.append(ModelSession(start: time, end: ModelWorld.dayLength, isQuiet: true, using: &random))
        return sessions
    }

    /// Plays the day with a rule and compares the claims with the truth.
    func play<Rule: ClaimRule>(
        _ note: (_ session: ModelSession, _ claim: EventInterval?) -> Void = { _, _ in },
        by makeRule: (ModelSession) -> Rule
    ) -> CoverageModel.Outcome {
        var random = ModelRandom(seed: seed ^ 0x5DEE_CE66)
        var reached = [Bool](repeating: false, count: world.ids.count)
        var claims: [EventInterval] = []
        var outcome = CoverageModel.Outcome()
        for session in connections.joined() {
            var bridge = ModelBridge(makeRule(session), start: session.start)
            bridge.run(session, world, using: &random) { reached[$0] = true }
            note(session, bridge.published)
            if let claim = bridge.published { claims.append(claim) }
            outcome.sessions += 1
            if bridge.isCredited { outcome.creditedSessions += 1 }
        }
        judge(reached, IntervalSet(claims), &outcome)
        return outcome
    }

    /// The Tweets that the product's rule lost without a word, each with the sessions that claim it.
    func story() -> [String] {
        var random = ModelRandom(seed: seed ^ 0x5DEE_CE66)
        var reached = [Bool](repeating: false, count: world.ids.count)
        var played: [(session: ModelSession, claim: EventInterval)] = []
        for session in connections.joined() {
            var bridge = ModelBridge(
                ProductRule(openedAt: session.start, backfillMinutes: session.backfillMinutes),
                start: session.start
            )
            bridge.run(session, world, using: &random) { reached[$0] = true }
            if let claim = bridge.published { played.append((session, claim)) }
        }
        return reached.indices.filter { !reached[$0] }.compactMap { index in
            let created = ModelWorld.midnight + .milliseconds(world.created[index])
            let claiming = played.filter { $0.claim.contains(created) }
            guard !claiming.isEmpty else { return nil }
            let window = world.windows.first { $0.from <= world.created[index] && world.created[index] < $0.to }
            return
                "Tweet \(world.ids[index]) of \(created), due \(world.delivered[index] - world.created[index]) ms later, "
                + "at \(window?.rate ?? 0) Tweets/s, is claimed by "
                + claiming.map { "\($0.claim) of \($0.session)" }.joined(separator: " and ")
        }
    }

    private func judge(_ reached: [Bool], _ claims: IntervalSet, _ outcome: inout CoverageModel.Outcome) {
        let first = connections.compactMap(\.first?.start).min() ?? 0
        var losses: [EventInterval] = []
        for index in reached.indices where !reached[index] {
            let created = ModelWorld.midnight + .milliseconds(world.created[index])
            let second = created.alignedDown(to: .seconds(1))
            losses.append(EventInterval(from: second, to: second + .seconds(1)))
            if claims.contains(created) { outcome.lostInsideClaims += 1 }
            if world.created[index] >= first { outcome.undelivered += 1 }
        }
        outcome.days = 1
        if outcome.lostInsideClaims > 0 { outcome.badDays = [seed] }
        outcome.tweets = reached.count
        outcome.awakeSeconds = Int(world.windows.reduce(0) { $0 + $1.to - $1.from } / 1000)
        // What is newer than the last window allows is pending: nothing more comes that could move a frontier.
        let settled = (world.windows.last?.to ?? 0) - 2 * 120_000 - ModelWorld.lagMax
        guard settled > first + 5000 else { return }
        let timeline = EventInterval(
            from: ModelWorld.midnight + .milliseconds(first + 5000),
            to: ModelWorld.midnight + .milliseconds(settled)
        )
        let needless = IntervalSet(timeline).subtracting(claims).subtracting(IntervalSet(losses))
        outcome.needlessSeconds = needless.intervals.reduce(0) { $0 + Double($1.duration.milliseconds) / 1000 }
    }
}
