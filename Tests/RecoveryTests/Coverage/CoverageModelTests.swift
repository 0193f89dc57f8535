import Foundation
import Recovery
import Testing
import Tweets

extension Double {
    /// The natural logarithm.
    var logarithm: Double { log(self) }
}

@Suite("Claims against the truth, over random worlds")
struct CoverageModelTests {
    @Test("no Tweet that reached Kafka over nobody lies in a claim", arguments: Seeds.draw(1))
    func sound(seed: UInt64) {
        print("CoverageModelTests.sound: DECAHOSE_TEST_SEED=\(seed)")
        var generator = SplitMix64(seed: seed)
        var total = CoverageModel.Outcome()
        for _ in 0..<12 {
            let model = CoverageModel(seconds: 3600, rate: 4, using: &generator)
            let outcome = model.run(using: &generator)
            total.tweets += outcome.tweets
            total.undelivered += outcome.undelivered
            total.creditedSessions += outcome.creditedSessions
            total.lostInsideClaims += outcome.lostInsideClaims
        }
        #expect(total.lostInsideClaims.count == 0)
        #expect(total.undelivered > 1000, "a world without loss shows nothing")
        #expect(total.creditedSessions > 0, "a world without credit shows nothing")
        print(
            "coverage model: \(total.tweets) Tweets, \(total.undelivered) undelivered, \(total.creditedSessions) credits"
        )
    }

    @Test("a quiet hour of two connections asks for no needless recovery", arguments: Seeds.draw(1))
    func quiet(seed: UInt64) {
        print("CoverageModelTests.quiet: DECAHOSE_TEST_SEED=\(seed)")
        var generator = SplitMix64(seed: seed)
        let model = CoverageModel(seconds: 3600, rate: 4, quiet: true, using: &generator)
        let outcome = model.run(using: &generator)
        #expect(outcome.lostInsideClaims.count == 0)
        #expect(outcome.needlessSeconds == 0)
    }
}
