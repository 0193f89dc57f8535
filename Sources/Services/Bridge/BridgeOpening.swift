import Ingest
import Kafka
import Logging
import Operations
import Settings
import Tweets

/// What a bridge does before it connects: Kafka, control, the partition count, and whether its name is free.
///
/// Blocks; it gives up only where waiting cannot help.
struct BridgeOpening: Sendable {
    let settings: BridgeSettings
    let host: String
    let takesOver: Bool
    let sink: RecordSink
    let control: ControlTail
    let writer: BridgeControlWriter
    let stop: StopSignal
    let board: StatusBoard
    let logger: Logger

    /// Opens everything.
    ///
    /// - Returns: The number of partitions of raw; nil where the role was stopped meanwhile.
    /// - Throws: ``ExitError`` with 78.
    func run() throws(ExitError) -> Int? {
        guard let partitions = try connect() else { return nil }
        control.start()
        guard wait(until: { control.read(\.isCaughtUp) }) else { return nil }
        guard try agree(on: partitions) else { return nil }
        guard try takeName() else { return nil }
        return partitions
    }

    private func connect() throws(ExitError) -> Int? {
        var filter = RepetitionFilter()
        while !stop.isSet {
            do {
                let partitions = try sink.connect()
                try writer.start()
                board.setProblem("kafka", nil)
                return partitions
            } catch {
                guard error.code != .unknownTopicOrPartition else {
                    throw ExitError(
                        .configuration,
                        "\(error.message) on \(settings.common.bootstrapServers). Run `decahose topics create` with the "
                            + "same configuration; where it exists, this user may not see it and needs the ACL Describe."
                    )
                }
                guard error.code != .invalidArgument else {
                    throw ExitError(
                        .configuration,
                        "librdkafka refuses the kafka.* properties of the configuration together: \(error.message)"
                    )
                }
                board.setProblem("kafka", "\(settings.common.bootstrapServers) cannot be reached: \(error)")
                if let repeated = filter.admit(error.code.name, at: MonotonicClock.now()) {
                    logger.warning(
                        """
                        Kafka cannot be reached, so the bridge does not connect to the upstream yet; until then its time \
                        is a gap unless another connection covers it.
                        """,
                        metadata: [
                            "brokers": "\(settings.common.bootstrapServers)", LogKey.error: "\(error)",
                            LogKey.next: "tries again twice a second", "repeated": "\(repeated)",
                        ]
                    )
                }
                pauseThread(milliseconds: 500)
            }
        }
        return nil
    }

    /// Compares the partition count with the recorded one, or records it.
    private func agree(on partitions: Int) throws(ExitError) -> Bool {
        if control.read({ $0.topics == nil }) {
            let record = TopicsRecord(partitions: partitions, recordedAt: WallClock.now(), recordedBy: "bridge \(host)")
            writer.write(TopicsRecord.key, json: controlJSON(record))
            guard wait(until: { control.read { $0.topics != nil } }) else { return false }
        }
        guard let recorded = control.read(\.topics), recorded.partitions != partitions else { return true }
        throw ExitError(
            .configuration,
            "\(settings.common.topics.raw) has \(partitions) partitions, but \(recorded.partitions) are recorded in "
                + "\(settings.common.topics.control) (by \(recorded.recordedBy)). Another count would send second copies "
                + "elsewhere: restore the count, or begin anew with another topics.prefix."
        )
    }

    /// Makes sure that no other bridge uses the connection's name for the same stream partitions.
    private func takeName() throws(ExitError) -> Bool {
        let streams = Set(settings.stream.streams)
        let open = control.read { $0.openSessions(of: streams, notOf: host) }
        guard !open.isEmpty else { return true }
        if takesOver {
            for stream in streams {
                let claim = ClaimRecord(
                    connection: settings.connection,
                    stream: stream,
                    host: host,
                    at: WallClock.now()
                )
                writer.write(claim.key, json: controlJSON(claim))
            }
        }
        let counts = Dictionary(uniqueKeysWithValues: open.map { ($0.record.session, $0.furtherRecords) })
        let living = try watch(streams, since: counts)
        guard let living else { return true }
        guard !stop.isSet else { return false }
        throw ExitError(
            .configuration,
            "Another bridge, \(living.host), reads \(living.stream) as connection '\(settings.connection)' (session "
                + "\(living.session)). "
                + (takesOver
                    ? "It did not give way within \(BridgeLimits.takeOver): stop it, or give this one another "
                        + "bridge.connection."
                    : "Give this one another bridge.connection, or start it with --take-over.")
        )
    }

    /// Watches sessions for further records: a dead one has none.
    ///
    /// - Returns: A session that lives; nil where all are dead, closed, or gave way.
    private func watch(_ streams: Set<StreamPartition>, since counts: [String: Int]) throws(ExitError) -> SessionRecord?
    {
        var quietSince = ContinuousClock.now
        let giveUp = quietSince + (takesOver ? BridgeLimits.takeOver : BridgeLimits.watch)
        var heard = counts
        while !stop.isSet {
            let open = control.read { $0.openSessions(of: streams, notOf: host) }
            guard !open.isEmpty else { return nil }
            for session in open where session.furtherRecords > heard[session.record.session] ?? 0 {
                guard takesOver else { return session.record }
                heard[session.record.session] = session.furtherRecords
                quietSince = .now
            }
            if ContinuousClock.now >= quietSince + BridgeLimits.watch {
                close(open.map(\.record))
                return nil
            }
            if ContinuousClock.now >= giveUp { return open.first?.record }
            pauseThread(milliseconds: 50)
        }
        return nil
    }

    /// Says of sessions that died without a word that they are over; what they claimed stays as it is.
    private func close(_ records: [SessionRecord]) {
        for var record in records {
            record.closed = .died
            record.closedDetail = "no record of it for \(BridgeLimits.watch.forPeople); closed by \(host)"
            record.sequence += 1
            record.updatedAt = WallClock.now()
            record.backfill.decided = true
            writer.write(record.key, json: controlJSON(record))
            logger.info(
                "An earlier session of this connection died without a word.",
                metadata: [LogKey.stream: "\(record.stream)", LogKey.session: "\(record.session)"]
            )
        }
    }

    /// - Returns: Whether the condition holds; false where the role was stopped first.
    private func wait(until condition: () -> Bool) -> Bool {
        while !condition() {
            if stop.isSet { return false }
            pauseThread(milliseconds: 20)
        }
        return true
    }
}
