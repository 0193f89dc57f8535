import FoundationEssentials
public import Operations
import StreamClient
public import Tweets

/// Asks a running coordinator over HTTP to change something; blocks.
public struct CoordinatorClient: Sendable {
    private let url: String
    private let token: String?

    /// A client of the coordinator at an address such as `http://127.0.0.1:9103`.
    public init(url: String, token: String?) {
        self.url = url
        self.token = token
    }

    private struct Backfill: Encodable {
        var from: Instant
        var to: Instant
        var partition: Int?
        var dryRun: Bool
    }

    /// Asks for a recovery of a stretch of event time.
    ///
    /// - Returns: The jobs as JSON.
    public func backfill(_ range: EventInterval, partition: Int?, isDryRun: Bool) throws(ExitError) -> String {
        let body = Backfill(from: range.from, to: range.to, partition: partition, dryRun: isDryRun)
        return try post("/backfill", DocumentText.json(body))
    }

    /// Changes a job: `pause`, `resume` or `cancel`.
    public func change(job: String, _ verb: String) throws(ExitError) -> String {
        try post("/jobs/\(verb)", DocumentText.json(["job": job]))
    }

    private func post(_ path: String, _ body: [UInt8]) throws(ExitError) -> String {
        var headers = ["Content-Type: application/json"]
        if let token { headers.append("Authorization: Bearer \(token)") }
        let answer: WebRequest.Answer
        do throws(WebRequest.Failure) {
            answer = try WebRequest(method: "POST", url: url + path, body: body, headers: headers).send()
        } catch {
            throw ExitError(
                .findings,
                "No coordinator answers at \(url): \(error.reason). Give its address with --url."
            )
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        guard (200..<300).contains(answer.status) else {
            throw ExitError(.findings, "\(url)\(path) answered with HTTP \(answer.status): \(text)")
        }
        return text
    }
}
