public import Kafka
public import Operations
import Recovery
public import Settings
public import Tweets

/// What the control topic says now, read straight from Kafka, so that the tools work with every role down.
public struct ControlSnapshot: Sendable {
    /// The state of every session, gap and job.
    private(set) var records: [ControlKey: ControlRecord] = [:]
    /// The sessions of which a further record came while somebody watched: only those live.
    private(set) var heard: Set<ControlKey> = []
    /// When it was taken, by the host's clock.
    public private(set) var at: Instant

    /// A record of a session that lives is never older than this, at a record a second.
    public static let watchTime: Duration = .seconds(3)

    init(at: Instant) {
        self.at = at
    }

    /// Reads control up to its end, and then watches it.
    ///
    /// Blocks.
    ///
    /// - Parameters:
    ///   - settings: The connection and the prefix.
    ///   - watching: How long to watch for signs of life; zero for none.
    ///   - observer: Takes librdkafka's log.
    /// - Throws: ``ProcessExit/kafkaUnreachable`` or ``ProcessExit/configuration`` with what to do.
    public static func read(
        _ settings: ToolSettings,
        watching: Duration = .zero,
        observer: KafkaObserver
    ) throws(ExitError) -> ControlSnapshot {
        let names = settings.common.topics
        let properties = KafkaProperties.role(settings.common, clientID: "decahose-tools")
        let trouble = ConnectionTrouble()
        let observer = trouble.listening(for: observer)
        do throws(KafkaError) {
            try require(names.control, properties, observer)
            let reader = try ControlReader(
                properties,
                topic: names.control,
                group: "\(names.prefix)-tools",
                observer: observer
            )
            var snapshot = ControlSnapshot(at: WallClock.now())
            let deadline = ContinuousClock.now + .seconds(60)
            while try !reader.read(timeout: .milliseconds(500), { entry, _ in snapshot.take(entry, isNew: false) }) {
                guard ContinuousClock.now < deadline else { throw KafkaError(code: .timedOut) }
            }
            let watched = ContinuousClock.now + watching
            while ContinuousClock.now < watched {
                _ = try reader.read(timeout: .milliseconds(200)) { entry, _ in snapshot.take(entry, isNew: true) }
            }
            snapshot.at = WallClock.now()
            return snapshot
        } catch {
            throw ExitError.unreadable(names.control, settings.common.bootstrapServers, error, trouble)
        }
    }

    mutating func take(_ entry: ControlEntry, isNew: Bool) {
        switch entry {
        case .record(let record):
            if isNew, case .session = record { heard.insert(record.key) }
            records[record.key] = record
        case .removed(let key):
            records[key] = nil
        case .unknown, .unreadable:
            break
        }
    }

    /// The gaps by stream partition and time.
    var gaps: [GapRecord] {
        records.values.compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
            .sorted { ($0.stream, $0.from, $0.id) < ($1.stream, $1.from, $1.id) }
    }

    /// The jobs by the time they were made.
    var jobs: [JobRecord] {
        records.values.compactMap { if case .job(let job) = $0 { job } else { nil } }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// The sessions by connection, stream partition and start.
    var sessions: [SessionRecord] {
        records.values.compactMap { if case .session(let session) = $0 { session } else { nil } }
            .sorted { $0.key.text < $1.key.text }
    }

    private static func require(
        _ topic: String,
        _ properties: KafkaProperties,
        _ observer: KafkaObserver
    ) throws(KafkaError) {
        let client = try KafkaConsumer(properties, observer: observer)
        guard try client.metadata(timeout: .seconds(15)).topics[topic] != nil else {
            throw KafkaError(code: .unknownTopicOrPartition, message: "topic \(topic) does not exist")
        }
    }
}
