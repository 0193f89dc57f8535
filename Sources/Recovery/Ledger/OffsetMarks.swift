import Tweets

/// Where a session stood in raw and in event time at moments of its life, so that lost offsets can be told as event time.
///
/// Bounded: about a mark a minute, and where there are too many every second one goes. Fewer marks make a loss look
/// longer, never shorter.
struct OffsetMarks: Sendable {
    /// The most marks of a session.
    static let countMax = 1440

    private struct Mark: Sendable {
        /// Those of the record, as they are: to make others of them would be most of the work of a mark.
        var offsets: [Int: SessionRecord.Offsets]
        var coveredTo: Instant?
        /// No Tweet acknowledged by then was created later.
        var newest: Instant
    }

    private var marks: [Mark] = []
    private var spacing: Duration = .seconds(60)

    /// Takes the state of a record that supersedes all before it.
    mutating func note(_ record: SessionRecord) {
        let mark = Mark(
            offsets: record.offsets,
            coveredTo: record.covered?.to,
            newest: max(
                record.updatedAt + (record.serverDate - record.localDate) + LedgerTiming.leftEndMargin
                    + record.clockLead,
                record.covered?.to ?? record.serverDate
            )
        )
        // The last mark moves along until it is far enough from the one before it.
        if marks.count >= 2, marks[marks.count - 1].newest - marks[marks.count - 2].newest < spacing {
            marks[marks.count - 1] = mark
        } else {
            marks.append(mark)
        }
        if marks.count > Self.countMax {
            marks = marks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
            spacing *= 2
        }
    }

    /// The event time that the session's share of the lost records may have carried; nil where it has none.
    ///
    /// What was read after a mark was created after that mark's right end, and no Tweet is newer than the server's clock
    /// when it was acknowledged.
    func eventTime(of loss: LossRecord, session: SessionRecord) -> EventInterval? {
        guard let offsets = session.offsets[loss.kafkaPartition], let newest = marks.last,
            offsets.first < loss.toOffset, offsets.last >= loss.fromOffset
        else { return nil }
        let leftEnd = LedgerTiming.leftEnd(of: session)
        let earliest = min(session.covered?.from ?? leftEnd, leftEnd - CoverageRule.askedTime(of: session))
        let before = marks.last { mark in mark.offsets[loss.kafkaPartition].map { $0.last < loss.fromOffset } ?? true }
        let after = marks.first { mark in
            mark.offsets[loss.kafkaPartition].map { $0.last >= loss.toOffset - 1 } ?? false
        }
        // What is written into the same offsets again is newer than all that stood there, and older than its finding.
        let to = loss.finding == .rewritten ? max(newest.newest, loss.foundAt) : (after ?? newest).newest
        return EventInterval(from: before?.coveredTo ?? earliest, to: to)
    }
}
