import FaultSweep
import Testing

@Suite("A whole installation under random kills", .serialized)
struct FaultSweepTests {
    @Test("on the mock cluster, both bridges and the coordinator: nothing is missing, nothing comes twice")
    func short() throws {
        let seed = UInt64.random(in: 1...UInt64(UInt32.max))
        var options = FaultSweep.Options(
            kills: 10,
            seed: seed,
            broker: .mock,
            executable: BuiltExecutable.path,
            tell: { _ in }
        )
        options.restMax = 2
        options.downMax = 3
        let report = try FaultSweep(options).run()
        #expect(report.passed, "\(report)")
        #expect(report.kills == 10)
        #expect(report.sent > 500)
    }
}
