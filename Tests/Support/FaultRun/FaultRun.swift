import FaultSweep
import Foundation
import KafkaTestSupport
import Operations

/// Kills the processes of a whole installation, and says what is missing: `kills=100 seed=N`.
@main
enum FaultRun {
    static func main() {
        do {
            try run()
        } catch {
            tell("\(error)")
            exit(1)
        }
    }

    private static func run() throws {
        var kills = 100
        var seed = UInt64.random(in: 1...UInt64(UInt32.max))
        for word in CommandLine.arguments.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1)
            switch (parts.first, parts.last.flatMap { UInt64($0) }) {
            case ("kills", let value?): kills = Int(value)
            case ("seed", let value?): seed = value
            default:
                tell("'\(word)' is not known: kills=N seed=N")
                exit(64)
            }
        }
        tell("seed \(seed), \(kills) kills")
        let broker = try broker()
        let options = FaultSweep.Options(
            kills: kills,
            seed: seed,
            broker: broker,
            executable: URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appending(path: "decahose").path,
            tell: tell
        )
        let report = try FaultSweep(options).run()
        tell("\(report)")
        if !report.passed { exit(1) }
    }

    private static func tell(_ line: String) { StandardOutput.write(line + "\n") }

    private static func broker() throws -> FaultSweep.Broker {
        if RealBroker.isGiven { return .given(try RealBroker.shared().bootstrapServers) }
        guard MortalBroker.isAvailable else {
            tell("On the mock cluster; a real Kafka (KAFKA_HOME, DECAHOSE_TEST_BROKERS) lets dedup be killed too.")
            return .mock
        }
        tell("A Kafka of its own is started; it is killed too.")
        return .mortal(try MortalBroker())
    }
}
