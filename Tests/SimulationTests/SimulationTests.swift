import Simulation
import Testing

@Suite("The whole system on a virtual clock")
struct SimulationTests {
    // `make test` plays whole days in a build for speed; here a few minutes must do.
    private static let hours = 0.1

    @Test("a seed is one run, event by event")
    func deterministic() {
        let first = SimulationOutcome(playing: SimulationPlan(seed: 5, hours: Self.hours))
        let second = SimulationOutcome(playing: SimulationPlan(seed: 5, hours: Self.hours))
        #expect(first.violations == [])
        #expect(first.hash == second.hash)
        #expect(first.events == second.events)
        #expect(first.states == second.states)
        #expect(SimulationOutcome(playing: SimulationPlan(seed: 6, hours: Self.hours)).hash != first.hash)
    }

    @Test("what cannot settle is a violation, with a story, and shrinks to the fault that matters")
    func shrinks() throws {
        var plan = SimulationPlan(seed: 5, hours: Self.hours)
        // Faults end before this one begins, so nothing ends it.
        let eternal = Fault(kind: .kafkaAway, at: plan.faultsEnd + 1, length: .max / 2)
        plan.faults = plan.faults.prefix(2) + [eternal]
        plan.patience = 900_000
        let outcome = try #require(plan.shrunk(runs: 8))
        #expect(outcome.violations.count == 1)
        #expect(!outcome.story.isEmpty)
        #expect(outcome.plan.faults == [eternal])
    }
}
