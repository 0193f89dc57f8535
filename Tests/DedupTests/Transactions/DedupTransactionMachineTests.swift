import Testing
import Tweets

@testable import Dedup

@Suite("The rule of transactions")
struct DedupTransactionMachineTests {
    typealias Machine = DedupTransactionMachine

    static func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    /// A machine whose transaction has records of these partitions since 0.
    static func open(_ partitions: Int32...) -> Machine {
        var machine = Machine(commitInterval: .milliseconds(100))
        #expect(machine.beforeRecord() == .begin)
        #expect(machine.began(.done, at: at(0)) == .none)
        for partition in partitions {
            #expect(machine.beforeRecord() == .none)
            machine.took(partition)
        }
        return machine
    }

    @Test("a transaction is committed with all its partitions once its time is over")
    func steady() {
        var machine = Self.open(3, 1, 3)
        #expect(machine.tick(at: Self.at(99)) == .none)
        #expect(machine.tick(at: Self.at(100)) == .commit([1, 3]))
        #expect(!machine.isReady(at: Self.at(100)))
        #expect(machine.commitEnded(.done, at: Self.at(104)) == .keep([1, 3]))
        #expect(machine.state == .idle)
        #expect(machine.tick(at: Self.at(1000)) == .none)
        #expect(machine.commits == 1)
    }

    @Test("quick commits make short transactions, slow ones long ones, never beyond the bound")
    func pace() {
        var pace = CommitPace(bound: .milliseconds(100))
        #expect(pace.interval == .milliseconds(100))
        for _ in 0..<100 { pace.committed(in: .milliseconds(3)) }
        #expect(pace.interval < .milliseconds(19) && pace.interval > .milliseconds(17))
        for _ in 0..<100 { pace.committed(in: .microseconds(100)) }
        #expect(pace.interval == CommitPace.shortest)
        for _ in 0..<100 { pace.committed(in: .seconds(2)) }
        #expect(pace.interval == .milliseconds(100))
    }

    @Test("too many records end a transaction before its time")
    func recordsMax() {
        var machine = Self.open()
        for _ in 1..<Machine.recordsMax { machine.took(0) }
        #expect(machine.tick(at: Self.at(1)) == .none)
        machine.took(0)
        #expect(machine.tick(at: Self.at(1)) == .commit([0]))
    }

    @Test("a revoke commits what is open, and a loss aborts it")
    func ownership() {
        var machine = Self.open(1)
        #expect(machine.revoked(at: Self.at(5)) == .commit([1]))
        machine = Self.open(1)
        #expect(machine.lost(at: Self.at(5)) == .abort)
        #expect(machine.abortEnded(.done, at: Self.at(6)) == .undo([1]))
        machine = Machine(commitInterval: .milliseconds(100))
        #expect(machine.revoked(at: Self.at(5)) == .none)
        #expect(machine.lost(at: Self.at(5)) == .none)
    }

    @Test("a commit that must be aborted is undone, and the next attempt waits longer each time")
    func abortable() {
        var machine = Self.open(1, 2)
        var now: Int64 = 0
        var waits: [Int64] = []
        for attempt in 0..<8 {
            if attempt > 0 {
                #expect(machine.beforeRecord() == .begin)
                #expect(machine.began(.done, at: Self.at(now)) == .none)
                machine.took(1)
                machine.took(2)
            }
            now += 100
            #expect(machine.tick(at: Self.at(now)) == .commit([1, 2]))
            #expect(machine.commitEnded(.mustAbort("illegal generation"), at: Self.at(now)) == .abort)
            #expect(machine.abortEnded(.done, at: Self.at(now)) == .undo([1, 2]))
            let held = machine.heldUntil ?? Self.at(0)
            waits.append((held - Self.at(now)).milliseconds)
            #expect(!machine.isReady(at: Self.at(now)))
            now += waits[attempt]
            #expect(machine.isReady(at: Self.at(now)))
        }
        #expect(waits == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
        #expect(machine.aborts == 8)
        #expect(machine.lastFailure == "illegal generation")
    }

    @Test("an outcome that stays unknown rebuilds the client")
    func unknown() {
        var machine = Self.open(1)
        #expect(machine.tick(at: Self.at(100)) == .commit([1]))
        #expect(machine.commitEnded(.retry("timed out"), at: Self.at(10_000)) == .commitAgain)
        #expect(machine.commitEnded(.retry("timed out"), at: Self.at(20_000)) == .commitAgain)
        guard case .rebuild(let reason) = machine.commitEnded(.retry("timed out"), at: Self.at(31_000)) else {
            Issue.record("not rebuilt")
            return
        }
        #expect(reason.contains("unknown"))
        machine.rebuilt()
        #expect(machine.state == .idle)
    }

    @Test("a retried commit that succeeds keeps, one that fails undoes")
    func retried() {
        var machine = Self.open(1)
        _ = machine.tick(at: Self.at(100))
        #expect(machine.commitEnded(.retry("timed out"), at: Self.at(200)) == .commitAgain)
        #expect(machine.commitEnded(.done, at: Self.at(300)) == .keep([1]))
        machine = Self.open(1)
        _ = machine.tick(at: Self.at(100))
        #expect(machine.commitEnded(.mustAbort("x"), at: Self.at(200)) == .abort)
        #expect(machine.abortEnded(.retry("timed out"), at: Self.at(300)) == .abort)
        #expect(machine.abortEnded(.fatal("broken"), at: Self.at(400)) == .rebuild(reason: "broken"))
    }

    @Test("one fencing rebuilds, a second soon after is a twin that is alive")
    func twin() {
        var machine = Self.open(1)
        _ = machine.tick(at: Self.at(100))
        #expect(machine.commitEnded(.fenced("fenced"), at: Self.at(200)) == .rebuild(reason: "fenced"))
        machine.rebuilt()
        #expect(machine.began(.done, at: Self.at(5000)) == .none)
        machine.took(1)
        #expect(machine.failed(.fenced("fenced"), at: Self.at(6000)) == .stopForTwin)
        machine = Self.open(1)
        #expect(machine.failed(.fenced("fenced"), at: Self.at(0)) == .rebuild(reason: "fenced"))
        machine.rebuilt()
        #expect(machine.began(.fenced("fenced"), at: Self.at(200_000)) == .rebuild(reason: "fenced"))
    }

    @Test("a transaction that brokers gave up for its age is no sign of a twin, however often")
    func standstill() {
        var machine = Self.open(0)
        for round in 0..<3 as Range<Int64> {
            let begun = round * 60_000
            #expect(machine.tick(at: Self.at(begun + 10_000)) == .commit([0]))
            #expect(machine.commitEnded(.fenced("old"), at: Self.at(begun + 10_000)) == .rebuild(reason: "old"))
            machine.rebuilt()
            #expect(machine.began(.done, at: Self.at(begun + 60_000)) == .none)
            machine.took(0)
        }
        #expect(machine.tick(at: Self.at(180_100)) == .commit([0]))
        #expect(machine.commitEnded(.fenced("twin"), at: Self.at(180_101)) == .rebuild(reason: "twin"))
        machine.rebuilt()
        #expect(machine.began(.fenced("twin"), at: Self.at(200_000)) == .stopForTwin)
    }

    @Test("a failure is forgotten once nothing is left to fail again, and not before")
    func forgotten() {
        var machine = Self.open(0)
        #expect(machine.failed(.mustAbort("why"), at: Self.at(1)) == .abort)
        machine.nothingIsLeft()
        #expect(machine.lastFailure == "why")
        #expect(machine.abortEnded(.done, at: Self.at(2)) == .undo([0]))
        #expect(machine.lastFailure == "why")
        machine.nothingIsLeft()
        #expect(machine.lastFailure == nil)
    }

    @Test("an open transaction holds the partitions whose records it has, and no others")
    func holds() {
        var machine = Self.open(2)
        #expect(machine.holds(2))
        #expect(!machine.holds(1))
        #expect(machine.tick(at: Self.at(100)) == .commit([2]))
        #expect(!machine.holds(2))
    }
}
