import Recovery
import Testing
import Tweets

@Suite("The upstream's clock, as the sessions tell it")
struct ServerClockTests {
    /// A session of a bridge whose clock is `skew` ahead of the server's, that writes a record now.
    private func record(_ connection: String, stream: Int = 1, skew: Double, now: Int64) -> SessionRecord {
        let stream = StreamPartition(product: .sample10, number: stream)
        var record = session(connection, "1", stream: stream, date: at(now - 100))
        record.localDate = record.serverDate + .milliseconds(Int64(skew * 1000)) + .milliseconds(400)
        record.updatedAt = at(now) + .milliseconds(Int64(skew * 1000))
        return record
    }

    @Test("is found whatever the bridges' clocks say", arguments: [-120.0, 0, 120], [-120.0, -20, 20, 120])
    func found(bridge: Double, coordinator: Double) {
        var clocks = ServerClock(memory: .seconds(60))
        let wall = at(1000) + .milliseconds(Int64(coordinator * 1000))
        for name in ["a", "b", "c"] {
            clocks.note(record(name, skew: bridge, now: 1000), at: clock(1000))
        }
        let found = clocks.difference(at: clock(1000), wall: wall)
        #expect(abs(found.milliseconds + Int64(coordinator * 1000)) <= 500)
    }

    @Test("is taken for our own below five seconds, and while nobody was ever heard")
    func tolerance() {
        var clocks = ServerClock(memory: .seconds(60))
        #expect(clocks.difference(at: clock(1000), wall: at(1031)) == .zero)
        clocks.note(record("a", skew: 0, now: 1000), at: clock(1000))
        #expect(clocks.difference(at: clock(1000), wall: at(1004)) == .zero)
        #expect(clocks.difference(at: clock(1000), wall: at(1031)) != .zero)
    }

    // Real processes found it: once both bridges were away for longer than the memory, a coordinator whose clock was two
    // minutes ahead went by that, and opened a gap into the future.
    @Test("what was heard last holds on while nobody is heard, also when this host's clock is set right meanwhile")
    func silence() {
        var clocks = ServerClock(memory: .seconds(60))
        for name in ["a", "b"] { clocks.note(record(name, skew: 0, now: 1000), at: clock(1000)) }
        let ahead = clocks.difference(at: clock(8200), wall: at(8320))
        #expect(abs(ahead.milliseconds + 120_000) <= 500)
        #expect(clocks.difference(at: clock(8200), wall: at(8200)) == .zero)
        // Somebody who is heard again decides alone.
        clocks.note(record("a", skew: 0, now: 8290), at: clock(8200))
        let again = clocks.difference(at: clock(8200), wall: at(8200))
        #expect(abs(again.milliseconds - 90_000) <= 500)
    }

    @Test("one bridge whose upstream told no time, or that is far off, does not decide")
    func outlier() {
        var clocks = ServerClock(memory: .seconds(60))
        var dateless = session("d", "1", date: at(900))
        dateless.updatedAt = at(5000)
        clocks.note(dateless, at: clock(1000))
        #expect(clocks.difference(at: clock(1000), wall: at(1000)) == .zero)
        for name in ["a", "b"] { clocks.note(record(name, skew: 0, now: 1000), at: clock(1000)) }
        clocks.note(record("c", skew: 0, now: 3000), at: clock(1000))
        #expect(clocks.difference(at: clock(1000), wall: at(1000)) == .zero)
    }

    // The simulation found it: of two bridges the one whose clock had jumped ahead was believed, and windows and gaps
    // were judged minutes too early.
    @Test("of two bridges, the one whose clock jumps does not decide", arguments: [-900, 900] as [Int64])
    func jump(by seconds: Int64) {
        for number in [1, 2] {
            var clocks = ServerClock(memory: .seconds(60))
            for name in ["a", "b"] {
                for stream in [number, 3 - number] {
                    var record = record(name, stream: stream, skew: 0, now: 1000)
                    if name == "a" { record.updatedAt = record.updatedAt + .seconds(seconds) }
                    clocks.note(record, at: clock(1000))
                }
            }
            #expect(clocks.difference(at: clock(1000), wall: at(1000)) == .zero)
        }
    }
}
