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
    _ = machine.answered(status: 200, now: at(0))
    return machine
}

@Suite("The life of a connection")
struct ConnectionStateMachineTests {
    var budget = RequestBudget(requestsMax: 100, window: .seconds(60))

    @Test("it connects, streams, and comes back at once after a long life")
    mutating func happyPath() {
        var machine = machine()
        expect(machine.tick(now: at(0), budget: &budget), .connect)
        let isOpen = machine.answered(status: 200, now: at(1))
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
        #expect(silent.ended(.byUs, now: at(30)).reason == .heartbeatTimeout)

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

    @Test(
        "each kind of failure follows its row",
        arguments: [
            (TransferEnd.network("refused"), Duration.milliseconds(250), false),
            (.http(answer(503), excerpt: ""), .seconds(5), false),
            (.http(answer(429), excerpt: ""), .seconds(60), false),
            (.http(answer(429, ["retry-after": "90"]), excerpt: ""), .seconds(90), false),
            (.http(answer(401), excerpt: ""), .seconds(5), true),
            (.http(answer(406), excerpt: "gzip is required"), .seconds(5), true),
        ]
    )
    mutating func failures(end: TransferEnd, delay: Duration, needsPerson: Bool) {
        var machine = machine()
        _ = machine.tick(now: at(0), budget: &budget)
        let ending = machine.ended(end, now: at(0))
        #expect(ending.reason == nil)
        #expect(ending.retry.delay == delay)
        #expect(ending.needsPerson == needsPerson)
        #expect(machine.wakeAt == at(0) + delay)
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

    @Test("a connection whose place was taken does not fight for it")
    mutating func placeTaken() {
        var machine = streaming(&budget)
        machine.noticed(.tooManyConnections("x"))
        #expect(machine.ended(.serverClosed, now: at(90)).retry.delay == .seconds(5))
    }

    @Test("a connect without an answer is given up")
    mutating func connectTimeout() {
        var machine = machine()
        _ = machine.tick(now: at(0), budget: &budget)
        expect(machine.tick(now: at(30), budget: &budget), .disconnect(.tcp))
        #expect(machine.ended(.byUs, now: at(30)).reason == nil)
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

@Suite("The volume of a connection")
struct VolumeMonitorTests {
    @Test("a fall below half of the usual volume is seen within the present, and its end too")
    func fall() {
        var monitor = VolumeMonitor()
        for _ in 0..<300 { _ = monitor.second(tweets: 100) }
        #expect(monitor.second(tweets: 100) == .usual)
        var verdicts: [VolumeMonitor.Verdict] = []
        for _ in 0..<30 { verdicts.append(monitor.second(tweets: 40)) }
        guard case .fallen(let present, let usual)? = verdicts.last else {
            Issue.record("no fall in \(verdicts)")
            return
        }
        #expect(present == 40)
        #expect(usual > 90)
        for _ in 0..<30 { _ = monitor.second(tweets: 100) }
        #expect(monitor.second(tweets: 100) == .usual)
    }

    @Test("a rise, a slow evening, and a volume too small to judge are no falls")
    func noFall() {
        var rising = VolumeMonitor()
        var evening = VolumeMonitor()
        var small = VolumeMonitor()
        for second in 0..<3000 {
            for verdict in [
                rising.second(tweets: second < 1000 ? 100 : 900), evening.second(tweets: 200 - second / 30),
                small.second(tweets: second % 7 == 0 ? 3 : 0),
            ] {
                #expect(verdict == .usual || verdict == .learning)
            }
        }
    }

    @Test("a fall that lasts becomes the usual volume")
    func lasting() {
        var monitor = VolumeMonitor()
        for _ in 0..<300 { _ = monitor.second(tweets: 100) }
        for _ in 0..<(VolumeMonitor.acceptAfterSeconds + 60) { _ = monitor.second(tweets: 20) }
        #expect(monitor.second(tweets: 20) == .usual)
    }
}
