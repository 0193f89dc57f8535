import Recovery
import Testing
import Tweets

@Suite("The life of a recovery job")
struct BackfillJobStateMachineTests {
    static let slack: Duration = .seconds(120)
    static let range = span(0, 3600)
    static let wall = at(7200)

    static func record() -> JobRecord {
        JobRecord(
            id: "j1",
            origin: .gap,
            product: .sample10,
            partition: 1,
            range: range,
            fills: [StreamIntervals(stream: firstPartition, intervals: [range])],
            knownOffset: 0,
            createdAt: wall
        )
    }

    static func machine(_ limits: DialectLimits = .v2) -> BackfillJobStateMachine {
        BackfillJobStateMachine(record(), limits: limits, slack: slack, at: clock(0))
    }

    func progress(_ received: Int64, newest: Int64?) -> BackfillProgress {
        BackfillProgress(
            received: received,
            acknowledged: received,
            frontier: newest.map { at($0) },
            newest: newest.map { at($0) },
            offsets: [0: SessionRecord.Offsets(first: 100, last: 100 + received)]
        )
    }

    @Test("a request that ends in order at the end of its range completes the job")
    func completes() {
        var job = Self.machine()
        let action1 = job.next(at: clock(0), wall: Self.wall)
        #expect(action1 == .request(Self.range))
        #expect(job.record.state == .running)
        let action2 = job.next(at: clock(1), wall: Self.wall)
        #expect(action2 == .nothing)
        job.progressed(progress(50, newest: 3599), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(2), wall: Self.wall)
        #expect(job.record.state == .completed)
        #expect(job.record.remaining.isEmpty)
        #expect(job.record.received == 50)
        #expect(job.record.finishedAt == Self.wall)
        let action3 = job.next(at: clock(3), wall: Self.wall)
        #expect(action3 == .finished)
    }

    @Test("an early end in order is believed only when a second request brings no more")
    func earlyEnd() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        job.progressed(progress(50, newest: 1800), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(1), wall: Self.wall)
        #expect(job.record.state == .waiting)
        let action4 = job.next(at: clock(1), wall: Self.wall)
        #expect(action4 == .wait(until: clock(6)))
        let action5 = job.next(at: clock(6), wall: Self.wall)
        #expect(action5 == .request(Self.range))
        job.progressed(progress(50, newest: 1800), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(7), wall: Self.wall)
        #expect(job.record.state == .completed)
    }

    @Test("a second request that brings more is not believed either")
    func earlyEndTwice() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        job.progressed(progress(50, newest: 1800), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(1), wall: Self.wall)
        _ = job.next(at: clock(10), wall: Self.wall)
        job.progressed(progress(60, newest: 2400), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(11), wall: Self.wall)
        #expect(job.record.state == .waiting)
        #expect(!job.record.remaining.isEmpty)
    }

    @Test("Replay without a word about its outcome goes on from the last minute received")
    func replayCutShort() {
        var job = Self.machine(.gnip)
        _ = job.next(at: clock(0), wall: Self.wall)
        job.progressed(progress(50, newest: 1830), wall: Self.wall)
        job.ended(.endedInOrder, at: clock(1), wall: Self.wall)
        #expect(job.record.remaining == [span(1740, 3600)])
        let action6 = job.next(at: clock(100), wall: Self.wall)
        #expect(action6 == .request(span(1740, 3600)))
    }

    @Test("how far a request has come, and its pace, are told as it comes, and nothing of it is taken for proof")
    func pace() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        #expect(job.record.reached == nil)
        job.progressed(progress(1, newest: 90), wall: Self.wall + .seconds(3))
        #expect(job.record.reached == at(90))
        #expect(job.record.pace == 30_000)
        #expect(job.record.remaining == [Self.range])
        // Tweets are not sorted: what was told once is not taken back, and nothing beyond the range is told.
        job.progressed(progress(2, newest: 80), wall: Self.wall + .seconds(4))
        #expect(job.record.reached == at(90))
        job.progressed(progress(3, newest: 3700), wall: Self.wall + .seconds(4))
        #expect(job.record.reached == at(3600))
        job.ended(.broken("reset"), at: clock(5), wall: Self.wall + .seconds(5))
        #expect(job.record.reached == nil)
        #expect(job.record.pace == nil)
    }

    @Test("a first 429 waits as the first, however many other failures came before it")
    func tables() {
        var job = Self.machine()
        var now = clock(0)
        for _ in 0..<5 {
            let action = job.next(at: now, wall: Self.wall)
            #expect(action == .request(Self.range))
            job.ended(.http(status: 503, detail: "", retryAfter: nil), at: now, wall: Self.wall)
            now = now + .seconds(400)
        }
        _ = job.next(at: now, wall: Self.wall)
        job.ended(.http(status: 429, detail: "", retryAfter: .seconds(3)), at: now, wall: Self.wall)
        let first = job.next(at: now, wall: Self.wall)
        #expect(first == .wait(until: now + .seconds(60)))
        now = now + .seconds(60)
        _ = job.next(at: now, wall: Self.wall)
        job.ended(.http(status: 429, detail: "", retryAfter: nil), at: now, wall: Self.wall)
        let second = job.next(at: now, wall: Self.wall)
        #expect(second == .wait(until: now + .seconds(120)))
    }

    @Test("a job whose coordinator died in a request shows no pace until the next")
    func paceOfTheDead() {
        var record = Self.record()
        record.state = .running
        record.reached = at(100)
        record.pace = 5
        let job = BackfillJobStateMachine(record, limits: .v2, slack: Self.slack, at: clock(0))
        #expect(job.record.reached == nil)
        #expect(job.record.pace == nil)
    }

    @Test("failed minutes are asked for again, and only those")
    func minutesFailed() {
        var job = Self.machine(.gnip)
        _ = job.next(at: clock(0), wall: Self.wall)
        job.progressed(progress(50, newest: 3599), wall: Self.wall)
        job.ended(.minutesFailed([at(300), at(600), at(99960)]), at: clock(1), wall: Self.wall)
        #expect(job.record.remaining == [span(300, 360), span(600, 660)])
        let action7 = job.next(at: clock(100), wall: Self.wall)
        #expect(action7 == .request(span(300, 360)))
        job.ended(.completed, at: clock(101), wall: Self.wall)
        let action8 = job.next(at: clock(101), wall: Self.wall)
        #expect(action8 == .request(span(600, 660)))
        job.ended(.completed, at: clock(102), wall: Self.wall)
        #expect(job.record.state == .completed)
    }

    @Test("an unprocessed range is asked for again")
    func unprocessed() {
        var job = Self.machine(.gnip)
        _ = job.next(at: clock(0), wall: Self.wall)
        job.ended(.unprocessed(span(1800, 3600)), at: clock(1), wall: Self.wall)
        #expect(job.record.remaining == [span(1800, 3600)])
    }

    @Test("a job whose coordinator died goes on from what was acknowledged")
    func resumes() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        job.progressed(progress(50, newest: 1830), wall: Self.wall)
        var next = BackfillJobStateMachine(job.record, limits: .v2, slack: Self.slack, at: clock(0))
        let action9 = next.next(at: clock(0), wall: Self.wall)
        #expect(action9 == .request(span(1740, 3600)))
        next.progressed(progress(40, newest: 3599), wall: Self.wall)
        next.ended(.completed, at: clock(1), wall: Self.wall)
        #expect(next.record.state == .completed)
        #expect(next.record.received == 90)
        #expect(next.record.attempts == 2)
    }

    // Which minutes failed a Replay says at its end, which the next coordinator never hears.
    @Test("a minute of which nothing came is asked for again where a Replay did not come to its end")
    func silentMinutes() {
        var job = Self.machine(.gnip)
        _ = job.next(at: clock(0), wall: Self.wall)
        var progress = progress(50, newest: 1830)
        progress.silent = [span(300, 360), span(3000, 3060)]
        job.progressed(progress, wall: Self.wall)
        var next = BackfillJobStateMachine(job.record, limits: .gnip, slack: Self.slack, at: clock(0))
        #expect(next.record.remaining == [span(300, 360), span(1740, 3600)])
        let action = next.next(at: clock(0), wall: Self.wall)
        #expect(action == .request(span(300, 360)))
        next.ended(.completed, at: clock(1), wall: Self.wall)
        #expect(next.record.remaining == [span(1740, 3600)])
        // Where the end has come it is believed, however quiet the minute was.
        job.ended(.completed, at: clock(1), wall: Self.wall)
        #expect(job.record.state == .completed)
    }

    @Test("a finished job is not done again")
    func finishedStays() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        job.ended(.completed, at: clock(1), wall: Self.wall)
        var next = BackfillJobStateMachine(job.record, limits: .v2, slack: Self.slack, at: clock(0))
        let action10 = next.next(at: clock(0), wall: Self.wall)
        #expect(action10 == .finished)
    }

    @Test(
        "failures wait as the table says",
        arguments: [
            (BackfillOutcome.broken("reset"), [250, 500, 750] as [Int64]),
            (.http(status: 503, detail: "", retryAfter: nil), [5000, 10000, 20000]),
            (.http(status: 429, detail: "", retryAfter: nil), [60000, 120_000, 240_000]),
            (.http(status: 401, detail: "", retryAfter: nil), [60000, 120_000, 240_000]),
            (.http(status: 429, detail: "", retryAfter: .seconds(500)), [500_000, 500_000, 500_000]),
        ]
    )
    func delays(outcome: BackfillOutcome, waits: [Int64]) {
        var job = Self.machine()
        var now = clock(0)
        for wait in waits {
            let action11 = job.next(at: now, wall: Self.wall)
            #expect(action11 == .request(Self.range))
            job.ended(outcome, at: now, wall: Self.wall)
            let action12 = job.next(at: now, wall: Self.wall)
            #expect(action12 == .wait(until: now + .milliseconds(wait)))
            now = now + .milliseconds(wait)
        }
    }

    @Test("the waits have their upper bounds")
    func delayBounds() {
        #expect(RetryDelay.connection.delay(afterFailures: 1000) == .seconds(16))
        #expect(RetryDelay.server.delay(afterFailures: 7) == .seconds(320))
        #expect(RetryDelay.server.delay(afterFailures: 1000) == .seconds(320))
        #expect(RetryDelay.refusal.delay(afterFailures: 1000) == .seconds(3600))
    }

    @Test("a request that the server calls wrong is not made again")
    func wrongRequest() {
        var job = Self.machine()
        _ = job.next(at: clock(0), wall: Self.wall)
        job.ended(.http(status: 406, detail: "bad dates", retryAfter: nil), at: clock(0), wall: Self.wall)
        #expect(job.record.state == .failed)
        #expect(job.record.error == "HTTP 406: bad dates")
    }

    @Test("what leaves the window while waiting is given up, the rest is asked for")
    func leavesTheWindow() {
        var job = Self.machine()
        let late = at(86400 + 1800) - DialectLimits.edgeMargin
        let action13 = job.next(at: clock(0), wall: late)
        #expect(action13 == .request(span(1800, 3600)))
        job.ended(.completed, at: clock(1), wall: late)
        let action14 = job.next(at: clock(1), wall: late)
        #expect(action14 == .finished)
        #expect(job.record.state == .failed)
        #expect(job.record.remaining == [span(0, 1800)])
    }

    @Test("pause holds, resume goes on, cancel ends")
    func operators() {
        var job = Self.machine()
        job.pause(wall: Self.wall)
        let action15 = job.next(at: clock(0), wall: Self.wall)
        #expect(action15 == .nothing)
        #expect(job.record.state == .paused)
        job.resume(at: clock(1), wall: Self.wall)
        let action16 = job.next(at: clock(1), wall: Self.wall)
        #expect(action16 == .request(Self.range))
        job.ended(.stopped, at: clock(2), wall: Self.wall)
        job.cancel(wall: Self.wall)
        #expect(job.record.state == .cancelled)
        let action17 = job.next(at: clock(3), wall: Self.wall)
        #expect(action17 == .finished)
    }
}
