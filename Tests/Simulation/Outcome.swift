/// The gaps of a run, over all stream partitions.
public struct GapTimes: Hashable, Sendable {
    /// How many gaps there ever were.
    public var opened = 0
    /// Event time of gaps in which some Tweet was acknowledged to no connection.
    public var needed = Duration.zero
    /// Event time of gaps in which every Tweet was, and which were asked for all the same.
    public var needless = Duration.zero
    /// Event time of gaps that proved covered before they were asked for.
    public var withdrawn = Duration.zero
}

/// What a run came to.
public struct SimulationOutcome: Sendable {
    /// The run's plan.
    public var plan: SimulationPlan
    /// What was found wrong; empty where all is well.
    public var violations: [String]
    /// The last events, for people.
    public var story: [String]
    /// Over every event, in order.
    public var hash: UInt64
    /// How many events there were.
    public var events: Int
    /// How long it took in the simulated world, in milliseconds.
    public var simulated: Int64
    /// Faults that had somebody to hit.
    public var injected: [FaultKind: Int]
    /// States that were reached.
    public var states: [String: Int]
    /// Tweets that were judged by the truth.
    public var judged: Int
    /// Tweets that one connection was silently refused while no other looked: a stated limit, counted.
    public var silentlyWithheld: Int
    /// How long after the last fault everything was settled, in milliseconds.
    public var settledAfter: Int64
    /// What of the gaps was needed.
    public var gapTimes: GapTimes

    /// Plays a plan.
    public init(playing plan: SimulationPlan, storyLines: Int = 60) {
        let simulation = Simulation(plan)
        simulation.run()
        self.plan = plan
        violations = simulation.violations
        story = violations.isEmpty ? [] : simulation.story(storyLines)
        hash = simulation.hash
        events = simulation.events
        simulated = simulation.now
        injected = simulation.injected
        states = simulation.states
        judged = simulation.judged
        silentlyWithheld = simulation.silentlyWithheld
        settledAfter = simulation.settledAfter
        gapTimes = simulation.gapTimes()
    }
}

extension SimulationPlan {
    /// Leaves out faults that a failing run fails without: whole kinds first, then halves of what is left, then one by one.
    ///
    /// - Parameter runs: How many runs may be spent.
    /// - Returns: The smallest failing outcome that was found; nil where the plan does not fail.
    public func shrunk(runs: Int) -> SimulationOutcome? {
        var best = SimulationOutcome(playing: self)
        guard !best.violations.isEmpty else { return nil }
        var left = runs
        func attempt(_ faults: [Fault]) -> Bool {
            guard left > 0, faults.count < best.plan.faults.count else { return false }
            left -= 1
            var plan = best.plan
            plan.faults = faults
            let outcome = SimulationOutcome(playing: plan)
            guard !outcome.violations.isEmpty else { return false }
            best = outcome
            return true
        }
        // What comes after the failure had no part in it.
        _ = attempt(best.plan.faults.filter { $0.at <= best.simulated })
        for kind in FaultKind.allCases { _ = attempt(best.plan.faults.filter { $0.kind != kind }) }
        var size = best.plan.faults.count / 2
        while size >= 1, left > 0 {
            var from = 0
            while from < best.plan.faults.count, left > 0 {
                var faults = best.plan.faults
                faults.removeSubrange(from..<min(faults.count, from + size))
                if !attempt(faults) { from += size }
            }
            size /= 2
        }
        return best
    }
}
