import Dedup
import Operations
import Settings
import Testing

@testable import Services

@Suite("The horizon of dedup")
struct DedupHorizonTests {
    private func settings(_ horizon: String?) throws -> DedupSettings {
        var environment = ["DECAHOSE_STREAM_API": "v2"]
        environment["DECAHOSE_DEDUP_HORIZON"] = horizon
        return try DedupSettings(Configuration(file: nil, environment: environment), hostName: "host")
    }

    @Test("must cover the recovery window, a chunk of a recovery, and an hour")
    func shortest() throws {
        try DedupHorizon.check(settings(nil))
        try DedupHorizon.check(settings("1540m"))
        let error = #expect(throws: ExitError.self) { try DedupHorizon.check(settings("1539m")) }
        #expect(error?.code == .configuration)
        let text = error?.description ?? ""
        for part in ["DECAHOSE_DEDUP_HORIZON", "1539 min", "1540 min: 1440 min of", "40 min that", "60 min to spare"] {
            #expect(text.contains(part), "\(part) in: \(text)")
        }
    }

    @Test("has a price that is told before the start")
    func forecast() {
        let timing = DedupTiming(
            horizon: .seconds(28 * 3600),
            recoveryWindow: .seconds(24 * 3600),
            deliverySlack: .seconds(120)
        )
        #expect(DedupHorizon.forecast(timing).contains("61 million IDs"))
    }

    @Test("has its price in the log before anything is asked of Kafka")
    func told() throws {
        let lines = LogLines()
        _ = try DedupService(
            settings(nil),
            logger: lines.logger(),
            metrics: MetricsRegistry(),
            board: StatusBoard()
        )
        #expect(lines.all.count == 1 && lines.text.contains("61 million IDs"), "\(lines.all)")
    }
}
