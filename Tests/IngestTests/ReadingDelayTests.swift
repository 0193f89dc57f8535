import Ingest
import Testing
import Tweets

@Suite("How far what is read may lie behind")
struct ReadingDelayTests {
    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("ordinary waits and ordinary work delay nothing")
    func ordinary() {
        var delay = ReadingDelay(now: at(0))
        var now: Int64 = 0
        for wait in [0, 3, 900, 1400, 20] as [Int64] {
            now += wait
            delay.begin(now: at(now))
            now += 90
            delay.end(now: at(now))
            delay.waited(now: at(now))
        }
        #expect(delay.delay == .zero)
    }

    @Test("each standstill adds its length, wherever it falls")
    func standstills() {
        var delay = ReadingDelay(now: at(0))
        delay.begin(now: at(10))
        delay.end(now: at(60_010))
        #expect(delay.delay == .seconds(60))
        delay.begin(now: at(60_020))
        #expect(delay.delay == .seconds(60))
        delay.end(now: at(60_021))
        delay.waited(now: at(60_022))
        // The whole process was stopped in a wait.
        delay.begin(now: at(70_022))
        #expect(delay.delay == .seconds(70))
        delay.end(now: at(70_023))
        delay.waited(now: at(70_024))
        #expect(delay.delay == .seconds(70))
    }

    @Test("a wait that finds nothing ends it, if it is long enough and was awake")
    func caughtUp() {
        for (wait, left) in [(100, 5), (250, 0), (1000, 0), (20_000, 25)] as [(Int64, Int64)] {
            var delay = ReadingDelay(now: at(0))
            delay.begin(now: at(0))
            delay.end(now: at(5000))
            delay.waited(now: at(5000))
            #expect(delay.delay == .seconds(5))
            delay.waited(now: at(5000 + wait))
            #expect(delay.delay == .seconds(left), "after \(wait) ms")
        }
    }
}
