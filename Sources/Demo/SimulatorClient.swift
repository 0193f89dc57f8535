import Operations
import StreamClient
import Tweets

/// Talks to the simulated upstream's control interface: faults in, truth out.
struct SimulatorClient {
    let baseURL: String

    /// What was sent of the Tweets created in a window.
    func truth(_ window: EventInterval) throws -> UpstreamTruth {
        let url = "\(baseURL)/truth?from=\(window.from)&to=\(window.to)&format=ids"
        return UpstreamTruth(lines: try send("GET", url))
    }

    /// From now on backfill is asked for in vain, and nothing says so.
    func refuseBackfill() throws {
        _ = try send("POST", "\(baseURL)/faults", #"[{"kind":"backfill","mode":"ignored"}]"#)
    }

    /// All faults end.
    func clearFaults() throws {
        _ = try send("DELETE", "\(baseURL)/faults")
    }

    private func send(_ method: String, _ url: String, _ body: String = "") throws -> String {
        let answer: WebRequest.Answer
        do {
            answer = try WebRequest(method: method, url: url, body: Array(body.utf8)).send()
        } catch {
            throw ExitError(.defect, "The upstream simulator does not answer: \(error)")
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        guard (200..<300).contains(answer.status) else {
            throw ExitError(
                .defect,
                "The upstream simulator answers \(method) \(url) with \(answer.status): \(text.prefix(300))"
            )
        }
        return text
    }
}
