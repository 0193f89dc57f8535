import Ingest
import Testing
import Tweets

private func at(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
}

private func expect(
    _ action: ConnectionStateMachine.Action,
    _ expected: ConnectionStateMachine.Action,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(action == expected, sourceLocation: sourceLocation)
}

private func answer(_ status: Int, _ headers: [String: String] = [:]) -> HTTPAnswer {
    HTTPAnswer(status: status) { headers[$0] }
}

private func machine(silence: Duration? = .seconds(15)) -> ConnectionStateMachine {
    ConnectionStateMachine(heartbeatTimeout: .seconds(30), silenceTimeout: silence)
}

/// A machine whose answer came at second 0, out of `budget`.
private func streaming(_ budget: inout RequestBudget, silence: Duration? = .seconds(15)) -> ConnectionStateMachine {
    var machine = machine(silence: silence)
    _ = machine.tick(now: at(0), budget: &budget)
    _ = machine.answered(answer(200), now: at(0))
    return machine
}

@Suite("The life of a connection")
struct ConnectionStateMachineTests {
    var budget = RequestBudget(requestsMax: 100, window: .seconds(60))

    @Test("it connects, streams, and comes back at once after a long life")
    mutating func happyPath() {
        var machine = machine()
        expect(machine.tick(now: at(0), budget: &budget), .connect)
        let isOpen = machine.answered(answer(200), now: at(1))
        #expect(isOpen)
        machine.received(tweets: 1, now: at(99))
        let ending = machine.ended(.serverClosed, now: at(100))
        #expect(ending.reason == .upstreamEOF)
        #expect(ending.retry.delay == .zero)
        expect(machine.tick(now: at(100), budget: &budget), .connect)
    }

    @Test("nothing at all for the heartbeat time-out, and heartbeats alone for the silence time-out, end it")
    mutating func stalls() {
        var silent = streaming(&budget, silence: nil)
        #expect(silent.wakeAt == at(30))
        expect(silent.tick(now: at(29.9), budget: &budget), .none)
        expect(silent.tick(now: at(30), budget: &budget), .disconnect(.heartbeatTimeout))
        let end = silent.ended(.byUs, now: at(30))
        #expect(end.reason == .heartbeatTimeout)
        #expect(end.label == "heartbeat-timeout")
        #expect(end.detail == "not a byte for 30 s, not even a heartbeat")

        var heartbeats = streaming(&budget)
        for second in 1...14 { heartbeats.received(tweets: 0, now: at(Double(second))) }
        expect(heartbeats.tick(now: at(14.9), budget: &budget), .none)
        expect(heartbeats.tick(now: at(15), budget: &budget), .disconnect(.dataSilence))
    }

    @Test("time in which we did not read says nothing about the server")
    mutating func resumed() {
        var machine = streaming(&budget)
        machine.resumed(now: at(100))
        expect(machine.tick(now: at(114), budget: &budget), .none)
        expect(machine.tick(now: at(115), budget: &budget), .disconnect(.dataSilence))
    }

    @Test("what the server said before it closed is the reason")
    mutating func farewells() {
        let rows: [(SystemMessage, SessionRecord.CloseReason)] = [
            (.fullBuffer("x"), .fullBuffer), (.operationalDisconnect("x"), .forcedDisconnect),
            (.tooManyConnections("x"), .forcedDisconnect), (.notice("x"), .upstreamEOF),
        ]
        for (message, reason) in rows {
            var machine = streaming(&budget)
            machine.noticed(message)
            #expect(machine.ended(.serverClosed, now: at(70)).reason == reason)
        }
    }

    @Test("a connect without an answer is given up")
    mutating func connectTimeout() {
        var machine = machine()
        _ = machine.tick(now: at(0), budget: &budget)
        expect(machine.tick(now: at(30), budget: &budget), .disconnect(.tcp))
        #expect(machine.ended(.byUs, now: at(30)).reason == nil)
    }

    @Test("a farewell is of its session: the next failure is judged by itself")
    mutating func farewellIsForgotten() {
        var machine = streaming(&budget)
        machine.noticed(.tooManyConnections("x"))
        _ = machine.ended(.serverClosed, now: at(90))
        _ = machine.tick(now: at(95), budget: &budget)
        let ending = machine.ended(.network("refused"), now: at(95))
        #expect(ending.cause == .network)
        #expect(ending.detail == "refused")
        #expect(ending.retry.delay == .milliseconds(250))
    }

    @Test("other credentials after a refusal are tried at once, and no other wait is cut short")
    mutating func credentialsChanged() {
        var refused = machine()
        _ = refused.tick(now: at(0), budget: &budget)
        _ = refused.ended(.http(answer(401), excerpt: ""), now: at(0))
        expect(refused.tick(now: at(1), budget: &budget), .none)
        refused.credentialsChanged(now: at(1))
        expect(refused.tick(now: at(1), budget: &budget), .connect)
        // The new ones are wrong too: the back-off goes on where it was.
        #expect(refused.ended(.http(answer(401), excerpt: ""), now: at(1)).retry.delay == .seconds(10))

        var limited = machine()
        _ = limited.tick(now: at(0), budget: &budget)
        _ = limited.ended(.http(answer(429), excerpt: ""), now: at(0))
        limited.credentialsChanged(now: at(1))
        expect(limited.tick(now: at(1), budget: &budget), .none)
        #expect(limited.wakeAt == at(60))
    }

    @Test("an answer that used the request window up keeps the next request back until it is full again")
    mutating func windowUsedUp() {
        var machine = machine()
        _ = machine.tick(now: at(0), budget: &budget)
        let last = answer(
            200,
            [
                "date": "Mon, 23 Nov 2026 21:05:00 GMT", "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": "1795468200",
            ]
        )
        #expect(last.rateLimitReset == .seconds(300))
        let isOpen = machine.answered(last, now: at(0))
        #expect(isOpen)
        #expect(machine.ended(.serverClosed, now: at(100)).retry.delay == .seconds(200))
        #expect(machine.wakeAt == at(300))
    }

    @Test("an answer that is no stream opens no session, whatever its status")
    mutating func noStream() {
        for head in [answer(204), answer(302), answer(200, ["content-type": "text/html; charset=utf-8"])] {
            var machine = machine()
            _ = machine.tick(now: at(0), budget: &budget)
            let isOpen = machine.answered(head, now: at(0))
            #expect(!isOpen)
            #expect(machine.ended(.http(head, excerpt: ""), now: at(0)).reason == nil)
        }
    }

    @Test("told to stop, it ends the transfer and never comes back")
    mutating func stop() {
        var machine = streaming(&budget)
        #expect(machine.stop(.shutdown) == .disconnect(.shutdown))
        #expect(machine.ended(.byUs, now: at(1)).reason == .shutdown)
        #expect(machine.state == .stopped)
        expect(machine.tick(now: at(1000), budget: &budget), .none)
    }

    @Test("requests beyond the budget wait until the window has room")
    func budgets() {
        var budget = RequestBudget(requestsMax: 2, window: .seconds(60))
        #expect(budget.take(now: at(0)) == nil)
        #expect(budget.take(now: at(10)) == nil)
        #expect(budget.take(now: at(20)) == at(60))
        #expect(budget.take(now: at(60)) == nil)
        #expect(budget.take(now: at(61)) == at(70))

        var spent = RequestBudget(requestsMax: 1, window: .seconds(60))
        var first = machine()
        var second = machine()
        expect(first.tick(now: at(0), budget: &spent), .connect)
        expect(second.tick(now: at(1), budget: &spent), .none)
        #expect(second.state == .waiting(until: at(60), .budget))
        expect(second.tick(now: at(60), budget: &spent), .connect)
    }
}
