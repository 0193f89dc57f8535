import KafkaTestSupport
import Testing

@Suite("The model log behaves as a broker does")
struct ConformanceTests {
    static let scenarios =
        Scenario.transactions + Scenario.fencing + Scenario.groups + Scenario.logs + Scenario.compaction

    /// A broker of somebody else may take minutes over its chores.
    static let onBroker = scenarios.filter { !($0.needsOwnNode && RealBroker.isGiven) }

    @Test("on the model is seen what is written down", arguments: scenarios)
    func model(_ scenario: Scenario) throws {
        let seen = try scenario.seen(on: ModelUnderTest(scenario.topic))
        #expect(seen == scenario.expected, "\(Self.comparison(seen, scenario.expected))")
    }

    @Test(
        "on a real broker is seen what the model shows",
        .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
        .ownThread,
        arguments: onBroker
    )
    func broker(_ scenario: Scenario) throws {
        let broker = try RealBroker.shared()
        let model = try scenario.seen(on: ModelUnderTest(scenario.topic))
        let real = try scenario.seen(on: BrokerUnderTest(broker, scenario.topic))
        #expect(real == model, "\(Self.comparison(real, model))")
    }

    private static func comparison(_ seen: [String], _ expected: [String]) -> String {
        let lines = seen.difference(from: expected).map { change in
            switch change {
            case .insert(let line, let text, _): "\(line + 1): seen     \(text)"
            case .remove(let line, let text, _): "\(line + 1): expected \(text)"
            }
        }
        return "\n" + lines.sorted().joined(separator: "\n") + "\nAll that was seen:\n" + seen.joined(separator: "\n")
    }
}
