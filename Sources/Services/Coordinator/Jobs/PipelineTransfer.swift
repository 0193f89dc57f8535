import Kafka
import Logging
import Operations
import Recovery
import Settings
import StreamClient
import Tweets

/// Recovery requests over HTTP, whose Tweets take the pipeline of live ones into raw.
struct PipelineTransfer: RecoveryTransfer {
    /// How long an end waits for records that are on their way.
    private static let closeLimit: Duration = .seconds(5)

    private let stream: StreamSettings
    private let lineBytesMax: Int
    private let sink: RecordSink

    init(_ settings: CoordinatorSettings, logger: Logger) {
        stream = settings.stream
        lineBytesMax = settings.maxMessageBytes
        sink = RecordSink(
            common: settings.common,
            clientID: "decahose-coordinator-recovery",
            bufferBytes: settings.bufferBytes,
            logger: logger
        )
    }

    func open() throws(ExitError) {
        do {
            _ = try sink.connect()
        } catch {
            throw ExitError(.kafkaUnreachable, "Kafka cannot take recovered Tweets: \(error)")
        }
    }

    func perform(_ run: JobRun) -> BackfillOutcome {
        let pace = RecoveryPace(run)
        return RecoveryRequestRun(stream: stream, sink: sink, lineBytesMax: lineBytesMax, stop: run.stopSignal).run(
            run.request.range,
            of: StreamPartition(product: run.request.product, number: run.request.partition ?? 1),
            job: run.request.job,
            throttle: { pace.wait(for: $0, meanwhile: $1) },
            progress: { run.report($0) }
        )
    }

    var problem: String? { sink.problem }

    func close() -> Int {
        sink.close(deadline: .now + Self.closeLimit)
    }
}
