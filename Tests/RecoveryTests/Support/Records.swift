import Recovery
import Tweets

func session(
    _ connection: String,
    _ name: String,
    stream: StreamPartition = firstPartition,
    sequence: Int64 = 1,
    date: Instant,
    covered: EventInterval? = nil,
    holes: [EventInterval] = [],
    asked: Int = 0,
    decided: Bool = true,
    closed: SessionRecord.CloseReason? = nil,
    offsets: [Int: SessionRecord.Offsets] = [:]
) -> SessionRecord {
    var record = SessionRecord(
        connection: connection,
        stream: stream,
        session: name,
        host: "host:1",
        serverDate: date,
        localDate: date,
        backfill: SessionRecord.Backfill(askedMinutes: asked, decided: decided)
    )
    record.sequence = sequence
    record.covered = covered
    record.holes = holes
    record.closed = closed
    record.offsets = offsets
    record.updatedAt = covered?.to ?? date
    return record
}

func census(_ minute: Instant, _ counts: [String: Int], partition: Int = 0, valid: Bool = true) -> CensusRecord {
    CensusRecord(
        minute: minute,
        kafkaPartition: partition,
        rows: [CensusRecord.Row(stream: 1, byConnections: counts, bySource: [:])],
        valid: valid
    )
}
