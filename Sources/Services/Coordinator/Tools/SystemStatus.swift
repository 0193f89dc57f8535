import FoundationEssentials
import Recovery
import StreamClient
import Tweets

/// What `decahose status` tells: the redundancy in force, lag, what every role says of itself, and `unaccounted`.
public struct SystemStatus: Sendable {
    /// What a role's `/status` answered.
    struct Role: Encodable, Sendable {
        var url: String
        /// Nil where there was no answer.
        var status: JSONValue?
        var error: String?
    }

    private struct Document: Encodable {
        var at: Instant
        var redundancy: [String: Int]
        var lagSeconds: [String: Double]
        var streams: [String: StatusDocument.Stream]
        var sessions: [StatusDocument.Session]
        var gaps: [String: Int]
        var jobs: [String: Int]
        var roles: [Role]
        var unaccounted: Int64
    }

    private let document: Document

    /// Puts a status together.
    ///
    /// - Parameters:
    ///   - snapshot: Control, watched for long enough to tell who lives.
    ///   - urls: The addresses of roles to ask, such as `http://127.0.0.1:9102`; blocks up to two seconds for each.
    ///   - slack: `stream.delivery_slack` of the roles.
    public init(_ snapshot: ControlSnapshot, urls: [String], slack: Duration) {
        var fold = LedgerFold(timing: LedgerTiming(slack: slack))
        for (offset, record) in snapshot.records.values.enumerated() {
            fold.apply(record, offset: Int64(offset), arrivedAt: MonotonicInstant(nanoseconds: 0))
        }
        let living = snapshot.sessions.filter { $0.closed == nil && snapshot.heard.contains($0.key) }
        let view = CoordinatorView(
            at: snapshot.at,
            gaps: snapshot.gaps,
            jobs: snapshot.jobs,
            coverages: fold.streams.compactMap { fold.coverage(of: $0, frontier: snapshot.at) },
            live: Dictionary(grouping: living, by: \.stream).mapValues { Set($0.map(\.connection)).sorted() },
            sessions: snapshot.sessions
        )
        let status = StatusDocument(view)
        let roles = urls.map(Self.ask)
        let told = roles.compactMap { role -> Int64? in
            guard case .object(let fields) = role.status, case .integer(let count) = fields["unaccounted"],
                case .string("dedup") = fields["role"]
            else { return nil }
            return count
        }
        document = Document(
            at: snapshot.at,
            redundancy: status.redundancy,
            lagSeconds: status.streams.compactMapValues(\.lagSeconds),
            streams: status.streams,
            sessions: status.sessions,
            gaps: status.gaps,
            jobs: status.jobs,
            roles: roles,
            unaccounted: status.unaccounted + told.reduce(0, +)
        )
    }

    /// The whole as JSON.
    public var json: String { String(decoding: DocumentText.json(document), as: UTF8.self) }

    /// The main things for people, at most 80 columns.
    public var text: String {
        let rows = document.streams.sorted { $0.key < $1.key }.map { name, stream in
            [
                name,
                "\(stream.connections.count)",
                stream.connections.isEmpty ? "none" : stream.connections.joined(separator: " "),
                stream.coveredTo.map(TextTable.moment) ?? "-",
                stream.lagSeconds.map { TextTable.length(.milliseconds(Int64($0 * 1000))) } ?? "-",
            ]
        }
        var text = TextTable.text(
            ["STREAM", "REDUNDANCY", "CONNECTIONS", "COVERED TO (UTC)", "BEHIND"],
            rows,
            flexible: 2
        )
        text += TextTable.wrapped("Gaps: \(Self.counts(document.gaps)).")
        text += TextTable.wrapped("Jobs: \(Self.counts(document.jobs)).")
        text += "Unaccounted: \(document.unaccounted).\n"
        for role in document.roles {
            text += TextTable.wrapped("\(role.url): \(role.error ?? "answers")")
        }
        return text
    }

    private static func counts(_ counts: [String: Int]) -> String {
        counts.isEmpty
            ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private static func ask(_ url: String) -> Role {
        do throws(WebRequest.Failure) {
            let answer = try WebRequest(url: url + "/status", timeout: .seconds(2)).send()
            guard answer.status == 200, let value = try? JSONDecoder().decode(JSONValue.self, from: Data(answer.body))
            else { return Role(url: url, error: "answered with HTTP \(answer.status), which is no status") }
            return Role(url: url, status: value)
        } catch {
            return Role(url: url, error: error.reason)
        }
    }
}
