import Recovery
import Testing
import Tweets

@Suite("Recovered records keep to their rate")
struct RateAllowanceTests {
    @Test("over a minute no more passes than the rate allows, and hardly less, also when the rate changes")
    func rate() {
        var now = clock(0)
        var allowance = RateAllowance(at: now)
        var passed = 0
        for (until, rate) in [(30, 1000.0), (60, 100.0)] {
            while now < clock(Int64(until)) {
                allowance.take(25)
                passed += 25
                now = now + allowance.wait(at: now, rate: rate)
            }
        }
        #expect((32500...33800).contains(passed), "\(passed)")
    }

    @Test("a pause is not made up for beyond the burst")
    func burst() {
        var allowance = RateAllowance(at: clock(0))
        let idle = allowance.wait(at: clock(1000), rate: 100)
        #expect(idle == .zero)
        allowance.take(26)
        let owed = allowance.wait(at: clock(1000), rate: 100)
        #expect(owed == .milliseconds(10))
    }
}
