import Operations
import Testing
import Tweets

@testable import Services

@Suite("How far dedup is behind, and how far a long reading is")
struct LagAndProgressTests {
    private let start = Instant(seconds: 1_800_000_000)

    @Test("what waits is estimated by the records that were read, whatever holes there were between them")
    func waiting() {
        var rate = ReceiptRate()
        #expect(rate.records(in: .seconds(10)) == 0)
        // What was read first has come in nobody knows how long.
        rate.read(1_000_000, through: start)
        #expect(rate.records(in: .seconds(10)) == 0)
        for second in 1...20 { rate.read(50, through: start + .seconds(second)) }
        #expect(rate.records(in: .seconds(10)) == 500)
        // Several looks within one moment of receipt count together.
        rate.read(20, through: start + .seconds(20))
        rate.read(30, through: start + .seconds(21))
        #expect(rate.records(in: .seconds(10)) == 500)
        // Records that are read again are not counted with those that lie between.
        rate.isSetBack()
        rate.read(400, through: start + .seconds(10))
        rate.read(50, through: start + .seconds(11))
        #expect(rate.records(in: .seconds(10)) == 500)
        for second in 12...80 { rate.read(200, through: start + .seconds(second)) }
        #expect(abs(rate.records(in: .seconds(10)) - 2000) < 20)
    }

    @Test("what is left is told by the pace so far, once there is one")
    func left() {
        #expect(ReadingProgress(share: 0, elapsed: .seconds(5)).text == "0 %")
        #expect(ReadingProgress(share: 0.009, elapsed: .seconds(5)).secondsLeft == nil)
        #expect(ReadingProgress(share: 0.25, elapsed: .seconds(5)).text == "25 %, about 15 s to go")
        #expect(ReadingProgress(share: 1, elapsed: .seconds(5)).secondsLeft == 0)
    }
}
