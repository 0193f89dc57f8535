import Testing

@testable import World

@Suite("Drawing")
struct RandomnessTests {
    @Test("with SplitMix64 gives the numbers of the reference implementation")
    func reference() {
        var generator = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect((0..<5).map { _ in generator.next() } == expected)
        #expect(SplitMix64.mix(1_234_567) == expected[0])
    }

    @Test("counts gives Poisson's mean and variance", arguments: [0, 0.01, 0.7, 5, 250, 5000])
    func poisson(mean: Double) {
        let table = PoissonTable(mean: mean)
        var generator = SplitMix64(seed: 11)
        let draws = 5000
        var sum = 0.0
        var squares = 0.0
        for _ in 0..<draws {
            let count = Double(table.count(at: Double(generator.next() >> 11) * 0x1p-53))
            sum += count
            squares += count * count
        }
        let average = sum / Double(draws)
        let variance = squares / Double(draws) - average * average
        #expect(abs(average - mean) <= 6 * (mean / Double(draws)).squareRoot())
        #expect(abs(variance - mean) <= 0.15 * mean + 0.01)
    }
}
