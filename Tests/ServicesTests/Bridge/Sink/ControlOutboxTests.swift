import Testing
import Tweets

@testable import Services

@Suite("Control records on their way")
struct ControlOutboxTests {
    private let key = ControlKey(.session, "a:sample10/1:x")

    @Test("only the latest state is sent, and only when nothing of the same thing is on its way")
    func latest() {
        var outbox = ControlOutbox()
        outbox.put(key, json: [1])
        outbox.put(key, json: [2])
        let first = outbox.letters
        #expect(first.map(\.json) == [[2]])
        outbox.sent(first[0])
        outbox.put(key, json: [3])
        outbox.put(key, json: [4])
        #expect(outbox.letters.isEmpty)
        outbox.reported(first[0].ticket, isWritten: true)
        let second = outbox.letters
        #expect(second.map(\.json) == [[4]])
        outbox.sent(second[0])
        outbox.reported(second[0].ticket, isWritten: true)
        #expect(outbox.count == 0)
    }

    @Test("a refused state is sent again, unless a newer one takes its place")
    func refused() {
        var outbox = ControlOutbox()
        outbox.put(key, json: [1])
        let letter = outbox.letters[0]
        outbox.sent(letter)
        outbox.reported(letter.ticket, isWritten: false)
        #expect(outbox.letters.map(\.json) == [[1]])
        outbox.put(key, json: nil)
        #expect(outbox.letters.map(\.json) == [nil])
        #expect(outbox.count == 1)
    }

    @Test("after the producer's end everything is sent again, and its late reports count no more")
    func producerGone() {
        var outbox = ControlOutbox()
        outbox.put(key, json: [1])
        let letter = outbox.letters[0]
        outbox.sent(letter)
        outbox.allCameBack()
        #expect(outbox.letters.map(\.json) == [[1]])
        outbox.reported(letter.ticket, isWritten: true)
        #expect(outbox.count == 1)
        #expect(outbox.letters[0].ticket != letter.ticket)
    }
}
