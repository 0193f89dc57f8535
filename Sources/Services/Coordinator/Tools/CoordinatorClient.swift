import FoundationEssentials
public import Operations
public import Settings
import StreamClient
public import Tweets

/// Asks a running coordinator over HTTP to change something; blocks.
///
/// Only the one that leads changes anything, so where several addresses are given, each is asked until one does.
public struct CoordinatorClient: Sendable {
    private let urls: [String]
    private let token: SecretSource?

    /// A client of the coordinators at addresses such as `http://127.0.0.1:9103`.
    ///
    /// - Parameters:
    ///   - urls: At least one.
    ///   - token: `coordinator.token` as it is set here; nil where it is not.
    public init(urls: [String], token: SecretSource?) {
        precondition(!urls.isEmpty, "no address of a coordinator")
        self.urls = urls
        self.token = token
    }

    private struct Backfill: Encodable {
        var from: Instant
        var to: Instant
        var partition: Int?
        var dryRun: Bool
    }

    private struct JobRate: Encodable {
        var job: String
        var rate: Int?
    }

    /// Asks for a recovery of a stretch of event time.
    public func backfill(
        _ range: EventInterval,
        partition: Int?,
        isDryRun: Bool
    ) throws(ExitError) -> CoordinatorAnswer {
        let body = Backfill(from: range.from, to: range.to, partition: partition, dryRun: isDryRun)
        let json = try post("/backfill", DocumentText.json(body))
        return CoordinatorAnswer(json: json, text: try BackfillTable.text(json, isDryRun: isDryRun))
    }

    /// Changes a job.
    public func change(job: String, _ change: JobChange) throws(ExitError) -> CoordinatorAnswer {
        let json = try post("/jobs/\(change.rawValue)", DocumentText.json(["job": job]))
        return CoordinatorAnswer(json: json, text: TextTable.wrapped(change.sentence(job)))
    }

    /// Limits a job to a rate of its own, in records a second above zero; nil for its share of what all jobs may bring.
    public func setRate(_ rate: Int?, ofJob job: String) throws(ExitError) -> CoordinatorAnswer {
        let json = try post("/jobs/rate", DocumentText.json(JobRate(job: job, rate: rate)))
        let text = rate.map { "\(job) brings at most \($0) records a second from now on." }
        return CoordinatorAnswer(
            json: json,
            text: TextTable.wrapped(text ?? "\(job) has its share again of what all jobs may bring.")
        )
    }

    private func post(_ path: String, _ body: [UInt8]) throws(ExitError) -> String {
        var headers = ["Content-Type: application/json"]
        if let secret = try secret() { headers.append("Authorization: Bearer \(secret)") }
        var refusal: ExitError?
        var silent: [String] = []
        for url in urls {
            let answer: WebRequest.Answer
            do throws(WebRequest.Failure) {
                answer = try WebRequest(method: "POST", url: url + path, body: body, headers: headers).send()
            } catch {
                silent.append("\(url): \(error.reason)")
                continue
            }
            let text = String(decoding: answer.body, as: UTF8.self)
            if (200..<300).contains(answer.status) { return text }
            refusal = problem(answer.status, at: url, text)
            // Another one may lead; whatever else one says, the others would say too.
            if answer.status != 409 { break }
        }
        if let refusal { throw refusal }
        throw ExitError(
            .findings,
            "No coordinator answers:\n" + silent.map { "  \($0)\n" }.joined()
                + "Give the address of the one that leads with --url, as its http.listen has it."
        )
    }

    private func secret() throws(ExitError) -> String? {
        do throws(SecretSource.Unreadable) {
            return try token?.read().reveal { $0 }
        } catch {
            throw ExitError(.configuration, "coordinator.token_file: \(error).")
        }
    }

    private func problem(_ status: Int, at url: String, _ body: String) -> ExitError {
        let told = (try? JSONDecoder().decode([String: String].self, from: Data(body.utf8)))?["error"]
        switch (status, token) {
        case (401, nil):
            return ExitError(
                .configuration,
                "The coordinator at \(url) wants a token, and none is set here. Set coordinator.token_file "
                    + "(DECAHOSE_COORDINATOR_TOKEN_FILE) to a file with the coordinator's own token."
            )
        case (401, .some(.file(let path))):
            return ExitError(
                .configuration,
                "The coordinator at \(url) refuses the token in \(path) (coordinator.token_file). It must be the one that "
                    + "the coordinator was given as coordinator.token."
            )
        case (401, .some(.value)):
            return ExitError(
                .configuration,
                "The coordinator at \(url) refuses the token in coordinator.token (DECAHOSE_COORDINATOR_TOKEN). It must be "
                    + "the one that the coordinator was given."
            )
        case (403, _):
            return ExitError(
                .configuration,
                "The coordinator at \(url) takes no changes, since it has no token. Set its coordinator.token_file, start "
                    + "it again, and set the same here."
            )
        default:
            guard let told else {
                return ExitError(
                    .findings,
                    "\(url) answered with HTTP \(status), which no coordinator does. Check the address given with --url."
                )
            }
            return ExitError(.findings, "The coordinator at \(url) refused: \(told).")
        }
    }
}

/// What a coordinator answered to a change.
public struct CoordinatorAnswer: Sendable {
    /// As it came.
    public var json: String
    /// For people, at most 80 columns.
    public var text: String
}

/// What can be done to a job.
public enum JobChange: String, Sendable {
    /// Hold it back.
    case pause
    /// Let it go on.
    case resume
    /// End it.
    case cancel

    func sentence(_ job: String) -> String {
        switch self {
        case .pause: "\(job) is held back as soon as its request has ended; what it has received stays."
        case .resume: "\(job) goes on."
        case .cancel: "\(job) is ended; a gap that it was for is asked for again after a while."
        }
    }
}
