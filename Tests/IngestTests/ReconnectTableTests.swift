import Ingest
import Testing
import Tweets

/// One row of the documentation's table "HTTP answers and how to come back", as a client lives it.
struct ReconnectRow: Sendable, CustomTestStringConvertible {
    /// What happens to an attempt.
    enum Event: Sendable {
        /// The request ends without a session.
        case refused(TransferEnd)
        /// A session ends after so many seconds, with the server's last words.
        case dropped(after: Int64, SystemMessage?)
    }

    let name: String
    let event: Event
    /// The waits of the first attempts.
    let delays: [Duration]
    /// The wait that is never exceeded, nil where every wait is zero; and after how many attempts it is reached.
    let bound: (delay: Duration, attempts: Int)?
    /// Whether a person is called at the first attempt.
    var needsPerson = false

    var testDescription: String { name }
}

private func http(_ status: Int, _ headers: [String: String] = [:]) -> ReconnectRow.Event {
    .refused(.http(HTTPAnswer(status: status) { headers[$0] }, excerpt: ""))
}

private let linear: [Duration] = [.milliseconds(250), .milliseconds(500), .milliseconds(750), .milliseconds(1000)]
private let exponential: [Duration] = [.seconds(5), .seconds(10), .seconds(20), .seconds(40)]
private let slow: [Duration] = [.seconds(60), .seconds(120), .seconds(240), .seconds(480)]
private let linearBound = (delay: Duration.seconds(16), attempts: 64)
private let exponentialBound = (delay: Duration.seconds(320), attempts: 7)
private let slowBound = (delay: Duration.seconds(960), attempts: 5)

@Suite("HTTP answers and how to come back, row by row")
struct ReconnectTableTests {
    static let rows: [ReconnectRow] = [
        .init(
            name: "an established connection dropped: at once",
            event: .dropped(after: 60, nil),
            delays: [.zero, .zero, .zero],
            bound: nil
        ),
        .init(
            name: "a drop within the first minute: as TCP/IP errors",
            event: .dropped(after: 59, nil),
            delays: linear,
            bound: linearBound
        ),
        .init(name: "TCP/IP error", event: .refused(.network("refused")), delays: linear, bound: linearBound),
        .init(
            name: "our own setup",
            event: .refused(.setup("no file")),
            delays: linear,
            bound: linearBound,
            needsPerson: true
        ),
        .init(name: "500", event: http(500), delays: exponential, bound: exponentialBound),
        .init(name: "503", event: http(503), delays: exponential, bound: exponentialBound),
        .init(name: "204", event: http(204), delays: exponential, bound: exponentialBound),
        .init(
            name: "200 with a page",
            event: http(200, ["content-type": "text/html"]),
            delays: exponential,
            bound: exponentialBound
        ),
        .init(name: "429", event: http(429), delays: slow, bound: slowBound),
        .init(name: "420", event: http(420), delays: slow, bound: slowBound),
        .init(name: "401", event: http(401), delays: exponential, bound: exponentialBound, needsPerson: true),
        .init(name: "403", event: http(403), delays: exponential, bound: exponentialBound, needsPerson: true),
        .init(name: "406", event: http(406), delays: exponential, bound: exponentialBound, needsPerson: true),
        .init(name: "404", event: http(404), delays: exponential, bound: exponentialBound, needsPerson: true),
        .init(name: "302", event: http(302), delays: exponential, bound: exponentialBound, needsPerson: true),
        .init(
            name: "too many connections: slowly, however long the place was ours",
            event: .dropped(after: 600, .tooManyConnections("x")),
            delays: exponential,
            bound: exponentialBound
        ),
        .init(
            name: "full buffer after a minute: at once",
            event: .dropped(after: 90, .fullBuffer("x")),
            delays: [.zero, .zero],
            bound: nil
        ),
        .init(
            name: "full buffer within a minute: as TCP/IP errors",
            event: .dropped(after: 10, .fullBuffer("x")),
            delays: linear,
            bound: linearBound
        ),
        .init(
            name: "operational disconnect after a minute: at once",
            event: .dropped(after: 61, .operationalDisconnect("x")),
            delays: [.zero, .zero],
            bound: nil
        ),
        .init(
            name: "operational disconnect within a minute: a quarter of a second, then slower",
            event: .dropped(after: 5, .operationalDisconnect("x")),
            delays: linear,
            bound: linearBound
        ),
    ]

    /// Plays a row and gives the decision after each attempt.
    private static func play(
        _ event: ReconnectRow.Event,
        _ attempts: Int,
        _ life: inout Life
    ) -> [ReconnectPolicy.Decision] {
        (0..<attempts).map { _ in life.play(event).retry }
    }

    @Test("it waits as its row says, never beyond the bound, and says when the bound is reached", arguments: rows)
    func row(_ row: ReconnectRow) {
        var life = Life()
        let decisions = Self.play(row.event, 80, &life)
        #expect(decisions.prefix(row.delays.count).map(\.delay) == row.delays)
        let first = decisions.firstIndex(where: \.isAtUpperBound).map { $0 + 1 }
        #expect(first == row.bound?.attempts)
        if let bound = row.bound {
            #expect(decisions.allSatisfy { $0.delay <= bound.delay })
            #expect(decisions.last?.delay == bound.delay)
        }
        var other = Life()
        #expect(other.play(row.event).cause.needsPerson == row.needsPerson)
    }

    @Test("a connection that lived a minute sets every row back, one that did not sets none back", arguments: rows)
    func reset(_ row: ReconnectRow) {
        var life = Life()
        _ = Self.play(row.event, 3, &life)
        let short = life.play(.dropped(after: 59, nil))
        #expect(short.retry.delay > .zero)
        let counted = life.play(row.event).retry
        #expect(row.bound == nil || counted.delay > row.delays[0])
        _ = life.play(.dropped(after: 60, nil))
        #expect(life.play(row.event).retry.delay == row.delays[0])
    }

    @Test(
        "what the server asks lengthens the wait of every error, and never shortens it",
        arguments: [
            (503, ["retry-after": "90"], Duration.seconds(90)), (503, ["retry-after": "1"], .seconds(5)),
            (429, ["retry-after": "90"], .seconds(90)), (401, ["retry-after": "7"], .seconds(7)),
            (
                429, ["date": "Mon, 23 Nov 2026 21:00:00 GMT", "retry-after": "Mon, 23 Nov 2026 21:02:00 GMT"],
                .seconds(120)
            ),
            (429, ["date": "Mon, 23 Nov 2026 21:00:00 GMT", "x-rate-limit-reset": "1795467780"], .seconds(180)),
            // The window is not used up: its end says nothing.
            (
                503,
                [
                    "date": "Mon, 23 Nov 2026 21:00:00 GMT", "x-rate-limit-reset": "1795467780",
                    "x-rate-limit-remaining": "3",
                ], .seconds(5)
            ),
            (503, ["retry-after": "9223372036854775807"], .seconds(3600)), (503, ["retry-after": "-5"], .seconds(5)),
            (503, ["retry-after": "soon"], .seconds(5)),
        ]
    )
    func serverAsks(status: Int, headers: [String: String], delay: Duration) {
        var life = Life()
        #expect(life.play(http(status, headers)).retry.delay == delay)
    }

    @Test("without a Date our own clock serves for waits")
    func withoutDate() {
        let now = Instant("2026-11-23T21:00:00Z")
        let answer = HTTPAnswer(status: 503, localNow: now) {
            ["retry-after": "Mon, 23 Nov 2026 21:02:00 GMT"][$0]
        }
        #expect(answer.date == nil)
        #expect(answer.retryAfter == .seconds(120))
    }

    @Test("a refusal is told with its status, and a redirect with its place but no secret of it")
    func words() {
        var life = Life()
        let redirect = life.play(http(302, ["location": "https://user:hunter2@elsewhere.example/x?token=hunter3"]))
        #expect(redirect.label == "http-302")
        #expect(redirect.detail == "HTTP 302: a redirect to https://elsewhere.example/x, which is not followed")
        let page = life.play(http(200, ["content-type": "text/html"]))
        #expect(page.label == "http-200")
        #expect(page.detail == "HTTP 200 with a page for people instead of a stream")
    }
}

/// A machine with its clock.
private struct Life {
    private var machine = ConnectionStateMachine(heartbeatTimeout: .seconds(30), silenceTimeout: nil)
    private var budget = RequestBudget(requestsMax: 1_000_000, window: .seconds(60))
    private var now = MonotonicInstant(nanoseconds: 0)

    /// One attempt, made as soon as it is due.
    mutating func play(_ event: ReconnectRow.Event) -> ConnectionStateMachine.Ending {
        now = max(now, machine.wakeAt ?? now)
        let action = machine.tick(now: now, budget: &budget)
        precondition(action == .connect, "\(action)")
        switch event {
        case .refused(let end):
            if case .http(let answer, _) = end {
                let isOpen = machine.answered(answer, now: now)
                precondition(!isOpen)
            }
            return machine.ended(end, now: now)
        case .dropped(let seconds, let message):
            let isOpen = machine.answered(HTTPAnswer(status: 200) { _ in nil }, now: now)
            precondition(isOpen)
            now = now + .seconds(seconds)
            if let message { machine.noticed(message) }
            return machine.ended(.serverClosed, now: now)
        }
    }
}
