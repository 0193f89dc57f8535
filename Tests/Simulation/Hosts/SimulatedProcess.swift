import Tweets

/// A process on a host: it does a little at each step, can die at most of them, and can stand still.
class SimulatedProcess {
    /// What a process is for.
    enum Role: Int {
        case bridge
        case dedup
        case coordinator
    }

    /// Not counted: the simulation outlives everything that runs in it, and each step asks it dozens of things.
    unowned let simulation: Simulation
    let role: Role
    /// Which of the two of its role.
    let place: Int
    /// Its number among all that ever ran, for the story.
    let who: Int
    /// Host and process, as control tells it.
    let host: String
    /// When it next does something.
    var due: Int64
    var stalledUntil: Int64 = 0
    /// How long it stays away once it has ended, where that is decided.
    var down: Int64?
    /// Its clocks less the truth.
    var wallSkew: Int64
    private let monotonicOffset: Int64

    init(_ simulation: Simulation, _ role: Role, place: Int) {
        self.simulation = simulation
        self.role = role
        self.place = place
        let letter = place == 0 ? "a" : "b"
        who = simulation.story.names.count
        host = "\(role)-\(letter)/\(who)"
        simulation.story.names.append(host)
        due = simulation.now + 1 + Int64(simulation.random.next() % 500)
        wallSkew = simulation.skew[role.rawValue * 2 + place]
        monotonicOffset = Int64(simulation.random.next() % 1_000_000_000)
        simulation.tell(.started, who)
    }

    /// Its monotonic clock.
    var clock: MonotonicInstant { MonotonicInstant(nanoseconds: (simulation.now + monotonicOffset) * 1_000_000) }
    /// Its wall clock.
    var wall: Instant {
        SimulationPlan.start + .milliseconds(simulation.now + simulation.skew[role.rawValue * 2 + place])
    }

    /// Does a little, and says when it wants to go on, in milliseconds from now; nil ends the process.
    func step() throws(SimulatedCrash) -> Int64? { preconditionFailure("a process that does nothing") }

    /// It is gone, without a word; what the operating system does for it happens here.
    func died() {}
}

/// The death of a process; whatever it held in memory is gone.
struct SimulatedCrash: Error {}
