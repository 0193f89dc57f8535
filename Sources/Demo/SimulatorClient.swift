import Operations
import StreamClient
package import Tweets

/// Talks to the simulated upstream's control interface: faults in, truth out.
package struct SimulatorClient {
    let baseURL: String

    /// What was sent of the Tweets created in a window.
    package func truth(_ window: EventInterval) throws -> UpstreamTruth {
        var lines = ""
        var from = window.from
        // A long window is a long answer, for which nobody would wait.
        while from < window.to {
            let to = min(from + .seconds(20), window.to)
            lines += try send("GET", "\(baseURL)/truth?from=\(from)&to=\(to)&format=ids", timeout: .seconds(120))
            from = to
        }
        return UpstreamTruth(lines: lines)
    }

    /// From now on backfill is asked for in vain, and nothing says so.
    func refuseBackfill() throws {
        _ = try send("POST", "\(baseURL)/faults", #"[{"kind":"backfill","mode":"ignored"}]"#)
    }

    /// All faults end.
    func clearFaults() throws {
        _ = try send("DELETE", "\(baseURL)/faults")
    }

    private func send(
        _ method: String,
        _ url: String,
        _ body: String = "",
        timeout: Duration = .seconds(30)
    ) throws -> String {
        let answer: WebRequest.Answer
        do {
            answer = try WebRequest(method: method, url: url, body: Array(body.utf8), timeout: timeout).send()
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
