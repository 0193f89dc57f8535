import CoverageModel
import Recovery
import Testing
import Tweets

/// Days of faults against the truth; `make model` plays thousands of them.
@Suite("Claims against the truth, over random days")
struct CoverageModelTests {
    @Test("no Tweet that reached Kafka over nobody lies in a claim", arguments: Seeds.draw(1))
    func sound(seed: UInt64) {
        print("CoverageModelTests.sound: DECAHOSE_TEST_SEED=\(seed)")
        let model = CoverageModel()
        var total = CoverageModel.Outcome()
        for day in 0..<25 { total.add(model.day(seed: seed &+ UInt64(day))) }
        for day in total.badDays { print(model.story(seed: day).joined(separator: "\n")) }
        #expect(total.lostInsideClaims == 0)
        #expect(total.undelivered > 1000, "days without loss show nothing")
        #expect(total.creditedSessions > 0, "days without credit show nothing")
        print("coverage model: \(total.report)")
    }

    @Test("on quiet days two connections ask for next to no needless recovery", arguments: Seeds.draw(1))
    func quiet(seed: UInt64) {
        print("CoverageModelTests.quiet: DECAHOSE_TEST_SEED=\(seed)")
        let model = CoverageModel(isQuiet: true)
        var total = CoverageModel.Outcome()
        for day in 0..<8 { total.add(model.day(seed: seed &+ UInt64(day))) }
        #expect(total.lostInsideClaims == 0)
        #expect(total.undelivered == 0)
        #expect(total.needlessSeconds < 120 * Double(total.days))
        print("coverage model, quiet: \(total.report)")
    }

    @Test("the product and the plain rule end with the same claims", arguments: Seeds.draw(1))
    func agreement(seed: UInt64) {
        print("CoverageModelTests.agreement: DECAHOSE_TEST_SEED=\(seed)")
        for day in 0..<4 {
            #expect(CoverageModel().disagreements(seed: seed &+ UInt64(day)) == [])
        }
    }

    /// The days were found by `make model MODEL='200 1 flaws'`, which finds others when the model changes.
    @Test("a rule with a flaw loses Tweets without a word", arguments: Flaw.allCases)
    func flawed(flaw: Flaw) throws {
        let outcome = CoverageModel().day(seed: try #require(Self.badDays[flaw]), flaw: flaw)
        #expect(outcome.lostInsideClaims > 0)
    }

    private static let badDays: [Flaw: UInt64] = [
        .rightEndByReceiveTime: 1, .noSlack: 2, .medianFrontier: 79, .newestFrontier: 79, .readIsEnough: 9,
        .partIsEnough: 25, .olderSecondsIgnored: 100, .leftEndAtDate: 6, .creditOfWhatWasAsked: 1,
        .creditOfHalfFull: 6, .creditWithoutDistance: 5, .creditAtOnce: 6,
    ]
}
