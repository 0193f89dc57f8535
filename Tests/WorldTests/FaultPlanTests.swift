import Testing
import Tweets
import World

@Suite("The plan of faults")
struct FaultPlanTests {
    private let start = WorldTests.start

    private func target(_ number: Int, name: String? = nil, partition: Int = 1, opened: Duration = .zero) -> FaultTarget
    {
        FaultTarget(connection: number, name: name, partition: partition, role: .live, opened: start + opened)
    }

    @Test("strikes each connection that was open once, and no later one")
    func momentary() throws {
        var plan = FaultPlan()
        plan.add(Fault(.drop), at: start + .seconds(1))
        let now = start + .seconds(2)
        #expect(plan.effects(on: target(1), at: now).strikes == [.drop])
        #expect(plan.effects(on: target(1), at: now).strikes.isEmpty)
        #expect(plan.effects(on: target(2), at: now).strikes == [.drop])
        #expect(plan.effects(on: target(3, opened: .milliseconds(1500)), at: now).strikes.isEmpty)
        #expect(plan.faults.first?.fired == 2)
    }

    @Test("strikes later connections too while a duration lasts")
    func duration() {
        var plan = FaultPlan()
        var fault = Fault(.drop)
        fault.duration = 5
        fault.after = 1
        plan.add(fault, at: start)
        #expect(plan.effects(on: target(1), at: start).strikes.isEmpty)
        let late = target(2, opened: .seconds(3))
        #expect(plan.effects(on: late, at: start + .seconds(4)).strikes == [.drop])
        #expect(plan.effects(on: target(3), at: start + .seconds(6)).strikes.isEmpty)
    }

    @Test("aims by number, name and stream partition")
    func aim() {
        var plan = FaultPlan()
        var fault = Fault(.stall)
        fault.connection = "b"
        fault.partition = 2
        plan.add(fault, at: start)
        #expect(plan.effects(on: target(1, name: "b", partition: 2), at: start).stalls)
        #expect(!plan.effects(on: target(2, name: "b", partition: 1), at: start).stalls)
        #expect(!plan.effects(on: target(3, name: "a", partition: 2), at: start).stalls)
        #expect(plan.faults.first?.fired == 1)
        plan.removeAll()
        fault.connection = "7"
        plan.add(fault, at: start)
        #expect(plan.effects(on: target(7, partition: 2), at: start).stalls)
    }

    @Test("tells the redundant copies of a stream partition apart by their places")
    func places() {
        var plan = FaultPlan()
        var fault = Fault(.silence)
        fault.place = 1
        plan.add(fault, at: start)
        var (first, second) = (target(1), target(2))
        first.place = 0
        second.place = 1
        #expect(!plan.effects(on: first, at: start).silences)
        #expect(plan.effects(on: second, at: start).silences)
    }

    @Test("answers as many requests as told with a status, once by default")
    func status() {
        var plan = FaultPlan()
        var fault = Fault(.status)
        plan.add(fault, at: start)
        #expect(plan.status(for: target(1), at: start)?.status == 503)
        #expect(plan.status(for: target(2), at: start) == nil)
        fault.status = 429
        fault.retryAfter = 7
        fault.count = 2
        plan.add(fault, at: start)
        #expect(plan.status(for: target(3), at: start)?.retryAfter == 7)
        #expect(plan.status(for: target(4), at: start)?.status == 429)
        #expect(plan.status(for: target(5), at: start) == nil)
    }

    @Test("lets lag grow over its ramp")
    func lag() {
        var plan = FaultPlan()
        var fault = Fault(.lag)
        fault.seconds = 300
        fault.ramp = 60
        fault.duration = 120
        plan.add(fault, at: start)
        #expect(plan.effects(on: target(1), at: start).lag == .zero)
        #expect(plan.effects(on: target(1), at: start + .seconds(30)).lag == .seconds(150))
        #expect(plan.effects(on: target(1), at: start + .seconds(90)).lag == .seconds(300))
        #expect(plan.effects(on: target(1), at: start + .seconds(120)).lag == .zero)
    }

    @Test("keeps back the share it is told, the same Tweets at every look")
    func withholding() throws {
        var plan = FaultPlan()
        var fault = Fault(.withhold)
        fault.share = 0.2
        plan.add(fault, at: start)
        let choice = try #require(plan.effects(on: target(1), at: start).withholds.first)
        let world = World(WorldTests.options(rate: 5000))
        let ids = world.tweets(in: EventInterval(from: start, to: start + .seconds(4)), partition: 1)
        let kept = ids.filter { choice.includes($0) }
        #expect((ids.count / 6...ids.count / 4).contains(kept.count))
        plan.count(kept.count, for: choice.fault)
        #expect(plan.faults.first?.fired == kept.count)
        #expect(plan.effects(on: target(2), at: start).withholds.first == choice)
    }

    @Test("is taken back by name, and one of the same name replaces it")
    func removal() {
        var plan = FaultPlan()
        var fault = Fault(.silence)
        fault.id = "quiet"
        plan.add(fault, at: start)
        plan.add(fault, at: start)
        #expect(plan.faults.count == 1)
        let unknown = plan.remove("other")
        let known = plan.remove("quiet")
        #expect(!unknown)
        #expect(known)
        #expect(plan.faults.isEmpty)
    }
}
