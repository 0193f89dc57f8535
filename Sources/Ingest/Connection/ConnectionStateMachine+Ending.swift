import Tweets

/// What the end of a transfer means, and how it is told.
extension ConnectionStateMachine {
    /// By which row of the policy an end is judged.
    func cause(
        of end: TransferEnd,
        since: MonotonicInstant?,
        now: MonotonicInstant
    ) -> ReconnectPolicy.Cause {
        if case .tooManyConnections? = farewell { return .placeTaken }
        switch end {
        case .http(let answer, _):
            switch answer.status {
            case 420, 429: return .rateLimited
            case 401, 403: return .unauthorized
            // A redirect is not followed, since the credentials would go with it.
            case 300..<500: return .refused
            default: return .serverError
            }
        case .setup:
            return .setup
        case .serverClosed, .network, .badEncoding, .byUs:
            return since.map { .dropped(lived: now - $0) } ?? .network
        }
    }

    /// How long the server wants to be left alone.
    static func serverAsks(_ end: TransferEnd) -> Duration? {
        guard case .http(let answer, _) = end else { return nil }
        return answer.asksToWait
    }

    /// Why a session ended that we did not end ourselves.
    func reason(of end: TransferEnd) -> SessionRecord.CloseReason {
        switch farewell {
        case .fullBuffer: return .fullBuffer
        case .tooManyConnections, .operationalDisconnect, .disconnect: return .forcedDisconnect
        case .recoveryCompleted, .recoveryIncomplete, .recoveryFailed, .notice, nil: break
        }
        switch end {
        case .serverClosed: return .upstreamEOF
        case .http: return .http
        case .network, .setup, .byUs: return .tcp
        case .badEncoding: return .badEncoding
        }
    }

    /// The reason in a word, with the status where there was one.
    static func label(of end: TransferEnd, _ reason: SessionRecord.CloseReason) -> String {
        switch end {
        case .http(let answer, _): "http-\(answer.status)"
        case .setup: "setup"
        case .serverClosed, .network, .badEncoding, .byUs: reason.rawValue
        }
    }

    /// The end for people.
    func detail(of end: TransferEnd, _ closing: SessionRecord.CloseReason?) -> String {
        switch farewell {
        case .fullBuffer(let text), .tooManyConnections(let text), .operationalDisconnect(let text),
            .disconnect(let text):
            return text
        case .recoveryCompleted, .recoveryIncomplete, .recoveryFailed, .notice, nil: break
        }
        switch end {
        case .serverClosed: return "the server ended the stream"
        case .http(let answer, let excerpt): return Self.detail(of: answer, excerpt)
        case .network(let text), .setup(let text), .badEncoding(let text): return text
        case .byUs: return detail(ofOur: closing)
        }
    }

    private static func detail(of answer: HTTPAnswer, _ excerpt: String) -> String {
        var text = "HTTP \(answer.status)"
        if answer.isPage { text += " with a page for people instead of a stream" }
        if let location = answer.location, (300..<400).contains(answer.status) {
            return "\(text): a redirect to \(location), which is not followed"
        }
        if !excerpt.isEmpty { text += ": \(excerpt)" }
        return text
    }

    private func detail(ofOur reason: SessionRecord.CloseReason?) -> String {
        switch reason {
        case .heartbeatTimeout: "not a byte for \(heartbeatTimeout.forPeople), not even a heartbeat"
        case .dataSilence: "heartbeats but no Tweet for \((silenceTimeout ?? .zero).forPeople)"
        case .tcp: "no answer within \(Self.connectTimeout.forPeople)"
        case .shutdown: "the bridge was told to stop"
        case .takenOver: "another bridge has the connection's name"
        case .upstreamEOF, .forcedDisconnect, .fullBuffer, .http, .badEncoding, .died, .unknown,
            nil:
            reason?.rawValue ?? "ended"
        }
    }
}
