import Ingest
import Testing
import Tweets

@Suite("What operators are told, and how often")
struct OperatorFiltersTests {
    @Test("the first of a kind is told, repetitions once in a while with their number")
    func repetitions() {
        var filter = RepetitionFilter()
        func at(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }
        #expect(filter.admit("http-503", at: at(0)) == 0)
        for second in 1..<10 { #expect(filter.admit("http-503", at: at(Int64(second))) == nil) }
        #expect(filter.admit("tcp", at: at(10)) == 0)
        #expect(filter.admit("http-503", at: at(300)) == 9)
        #expect(filter.admit("http-503", at: at(301)) == nil)
        filter.reset()
        #expect(filter.admit("http-503", at: at(302)) == 0)
    }

    @Test("a buffer that fills speaks at each step once, when it is full, and when it has drained")
    func buffer() {
        var watch = BufferWatch()
        var events: [BufferWatch.Event] = []
        for percent in Array(0...90) + [88, 90, 85] {
            if let event = watch.look(bytes: Int64(percent), limit: 100, isPaused: false) { events.append(event) }
        }
        #expect(events == [.filling(percent: 25), .filling(percent: 50), .filling(percent: 75)])
        #expect(watch.look(bytes: 97, limit: 100, isPaused: true) == .full)
        #expect(watch.look(bytes: 99, limit: 100, isPaused: true) == nil)
        #expect(watch.look(bytes: 95, limit: 100, isPaused: false) == nil)
        #expect(watch.look(bytes: 30, limit: 100, isPaused: false) == nil)
        #expect(watch.look(bytes: 9, limit: 100, isPaused: false) == .drained)
        #expect(watch.look(bytes: 0, limit: 100, isPaused: false) == nil)
        #expect(watch.look(bytes: 60, limit: 100, isPaused: false) == .filling(percent: 50))
    }
}
