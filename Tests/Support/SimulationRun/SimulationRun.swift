import Simulation

/// Plays seeds of the simulation on all cores: `simulation-run [seed=N story=N | from=N seeds=N | hours=N] [only=kind,kind] [first=1] [twice=N]
/// [jobs=N]`, or days without faults: `quiet=N [from=N]`.
///
/// Prints a progress line now and then, and a story for what fails; the exit code is 1 where anything did, or where a long
/// run never injected some kind of fault, or never reached some state.
@main
struct SimulationRun {
    static func main() async {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        if let seed = arguments.seed {
            playOne(seed, arguments.only, storyLines: arguments.story)
        } else if let count = arguments.quiet {
            for seed in arguments.from..<arguments.from + count { playQuiet(seed) }
        } else {
            await playMany(arguments)
        }
    }

    private static func playOne(_ seed: UInt64, _ only: [FaultKind], storyLines: Int) {
        let plan = SimulationPlan(seed: seed, only: only)
        say("Seed \(seed): \(plan)")
        let outcome = SimulationOutcome(playing: plan, storyLines: storyLines)
        say(outcome.line)
        guard !outcome.violations.isEmpty else { return }
        outcome.tell()
        say("Leaving out what does not matter ...")
        if let smaller = plan.shrunk(runs: 150) {
            say("It fails with these \(smaller.plan.faults.count) of \(plan.faults.count) faults too:")
            for fault in smaller.plan.faults { say("  \(fault)") }
            smaller.tell()
        }
        fail()
    }

    /// A day on which nothing happens but restarts of one bridge at a time: none of it may be taken for missing.
    private static func playQuiet(_ seed: UInt64) {
        let outcome = SimulationOutcome(playing: .quiet(seed: seed, hours: 24, every: 3600))
        let times = outcome.gapTimes
        say(
            "Seed \(seed), a quiet day: \(outcome.judged) Tweets judged, \(times.opened) gaps; needless \(times.needless), "
                + "needed \(times.needed), withdrawn \(times.withdrawn), of two stream partitions"
        )
        guard !outcome.violations.isEmpty || times.needless > .zero else { return }
        outcome.tell()
        fail()
    }

    private static func playMany(_ arguments: Arguments) async {
        var tally = Tally()
        var next = arguments.from
        let begun = ContinuousClock.now
        let deadline = arguments.hours.map { begun + .seconds(Int64($0 * 3600)) }
        func hasMore() -> Bool {
            if arguments.stopsAtFirst, tally.hasFailed { return false }
            if let deadline { return ContinuousClock.now < deadline }
            return next < arguments.from + arguments.seeds
        }
        await withTaskGroup(of: SimulationOutcome.self) { group in
            func add() {
                guard hasMore() else { return }
                let seed = next
                next += 1
                group.addTask { SimulationOutcome(playing: SimulationPlan(seed: seed, only: arguments.only)) }
            }
            for _ in 0..<arguments.jobs { add() }
            var shown = ContinuousClock.now
            for await outcome in group {
                tally.take(outcome)
                add()
                if !outcome.violations.isEmpty {
                    say(outcome.line)
                    outcome.tell()
                }
                guard ContinuousClock.now - shown > .seconds(10) else { continue }
                shown = ContinuousClock.now
                say(tally.line(took: shown - begun, jobs: arguments.jobs))
            }
        }
        say(tally.line(took: ContinuousClock.now - begun, jobs: arguments.jobs))
        tally.tell()
        if !tally.isGood { fail() }
        if let twice = arguments.twice { playTwice(twice) }
    }

    private static func playTwice(_ seed: UInt64) {
        let plan = SimulationPlan(seed: seed)
        let (first, second) = (SimulationOutcome(playing: plan), SimulationOutcome(playing: plan))
        say("Seed \(seed) twice: \(String(first.hash, radix: 16)) and \(String(second.hash, radix: 16))")
        guard first.hash != second.hash || first.events != second.events else { return }
        say("The same seed gave two runs.")
        fail()
    }

    private static func fail() -> Never {
        say("FAILED")
        exitProcess(1)
    }
}
