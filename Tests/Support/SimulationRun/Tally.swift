import Glibc
import Simulation

/// What many runs came to.
struct Tally {
    private var runs = 0
    private var failures: [UInt64] = []
    private var events = 0
    private var simulated: Int64 = 0
    private var judged = 0
    private var withheld = 0
    private var slowest: Int64 = 0
    private var injected: [FaultKind: Int] = [:]
    private var states: [String: Int] = [:]

    /// A run of so many seeds must have injected every kind, and reached every state.
    private static let longRun = 100

    mutating func take(_ outcome: SimulationOutcome) {
        runs += 1
        if !outcome.violations.isEmpty { failures.append(outcome.plan.seed) }
        events += outcome.events
        simulated += outcome.simulated
        judged += outcome.judged
        withheld += outcome.silentlyWithheld
        slowest = max(slowest, outcome.settledAfter)
        injected.merge(outcome.injected) { $0 + $1 }
        states.merge(outcome.states) { $0 + $1 }
    }

    func line(took: Duration, jobs: Int) -> String {
        let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        let ratio = Double(simulated) / 1000 / max(0.001, seconds)
        return "\(runs) runs, \(simulated / 3_600_000) h simulated (\(Int(ratio)) times real time on \(jobs) threads), "
            + "\(events) events, \(injected.values.reduce(0, +)) faults, \(judged) Tweets judged, \(failures.count) failures"
    }

    func tell() {
        say("Faults injected:")
        for kind in FaultKind.allCases { say("  \(kind.rawValue): \(injected[kind] ?? 0)") }
        say("States reached:")
        for (state, count) in states.sorted(by: { $0.key < $1.key }) { say("  \(state): \(count)") }
        say("Silently withheld, with no other connection to tell: \(withheld).")
        say("Settled at most \(slowest / 60_000) min after the last fault.")
        for kind in missing { say("Never injected: \(kind.rawValue)") }
        for state in unreached { say("Never reached: \(state)") }
        if !failures.isEmpty {
            say("Failing seeds: \(failures.map(String.init).joined(separator: " "))")
            say("Each reruns alone: make simulate SEED=\(failures[0])")
        }
    }

    private var missing: [FaultKind] {
        runs < Self.longRun ? [] : FaultKind.allCases.filter { injected[$0] == nil }
    }

    private var unreached: [String] {
        runs < Self.longRun ? [] : StatesToReach.all.filter { states[$0] == nil }
    }

    var hasFailed: Bool { !failures.isEmpty }

    var isGood: Bool { failures.isEmpty && missing.isEmpty && unreached.isEmpty }
}

extension SimulationOutcome {
    /// One line about the run.
    var line: String {
        "Seed \(plan.seed): \(simulated / 1000) s simulated, \(events) events, hash \(String(hash, radix: 16)), "
            + "\(judged) Tweets judged, settled \(settledAfter / 1000) s after the last fault"
    }

    /// What was found wrong, and what happened before.
    func tell() {
        say("The last events:")
        for line in story { say("    \(line)") }
        for violation in violations { say("  WRONG: \(violation)") }
    }
}

/// Prints a line at once, also into a pipe.
func say(_ text: String) {
    print(text)
    fflush(nil)
}

/// Ends the process.
func exitProcess(_ code: Int32) -> Never { exit(code) }
