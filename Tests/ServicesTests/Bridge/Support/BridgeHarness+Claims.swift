import Foundation
import Operations
import Testing
import Tweets

extension BridgeHarness {
    /// Another host's bridge of the same connection died having covered up to a moment.
    func writeEarlierSession(endingAt rightEnd: Instant, closed: SessionRecord.CloseReason? = .died) throws {
        var earlier = SessionRecord(
            connection: "a",
            stream: StreamPartition(product: .sample10, number: 1),
            session: "20200101T000000.000Z-00000000",
            host: "elsewhere:1",
            serverDate: rightEnd - .seconds(60),
            localDate: rightEnd - .seconds(60),
            backfill: .init(askedMinutes: 0)
        )
        earlier.covered = EventInterval(from: rightEnd - .seconds(50), to: rightEnd)
        earlier.closed = closed
        try write(earlier.key, earlier)
    }

    /// The sessions of the bridge under test, by start.
    func ownSessions() throws -> [SessionRecord] { try sessions().filter { $0.host != "elsewhere:1" } }

    /// Compares every claim with the truth and with what is in raw.
    func expectSound(_ sessions: [SessionRecord], _ upstream: SimulatedUpstream) throws {
        let keys = Set(try read(topics.raw).compactMap(\.key))
        for session in sessions {
            guard let covered = session.covered else { continue }
            let missing = upstream.missing(from: covered, of: session.stream.number, in: keys)
                .filter { id in !session.holes.contains { $0.contains(id.createdAt ?? covered.from) } }
            #expect(missing.count == 0, "claimed \(covered) of the session of \(session.serverDate)")
        }
        #expect(sessions.contains { $0.covered != nil }, "no claim shows nothing")
    }

    private var shownText: String {
        board.document(at: "/status").map { String(decoding: $0.body(), as: UTF8.self) } ?? ""
    }

    /// A number of `/status`, which is there without Kafka too.
    func shown(_ field: String) -> Int {
        let text = shownText
        return text.range(of: "\"\(field)\":").flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
    }

    /// The claim as `/status` has it.
    var shownClaim: String {
        let text = shownText
        return text.range(of: "\"covered\":").map { String(text[$0.upperBound...].prefix { $0 != "}" }) } ?? ""
    }
}
