import Kafka
import Operations
import Recovery
import Synchronization
import Testing
import Tweets

@testable import Services

/// What operators and the live stream change about jobs that are at work.
extension CoordinatorServiceTests {
    /// Requests that go on until they are stopped, as their threads see them.
    private final class Standing: Sendable {
        private let runs = Mutex<[JobRun]>([])

        /// Brings a record at each look, and no end.
        var transfer: ScriptedTransfer {
            ScriptedTransfer { run in
                self.runs.withLock { $0.append(run) }
                var brought: Int64 = 0
                while !run.isStopped {
                    brought += 1
                    run.report(BackfillProgress(received: brought, acknowledged: brought))
                    pauseThread(milliseconds: 5)
                }
                return .stopped
            }
        }

        /// The rates of those at work, by when they began.
        var rates: [Double] { runs.withLock { $0.filter { !$0.isStopped }.map(\.rate) } }

        /// How many there ever were.
        var count: Int { runs.withLock { $0.count } }
    }

    private func makeJobs(_ board: StatusBoard, count: Int) async throws {
        let backfill = try #require(board.action(at: "/backfill"))
        for number in 1...Int64(count) {
            let (from, to) = (now - .seconds(3600 * number + 600), now - .seconds(3600 * number))
            let answer = await backfill(Array(#"{"from":"\#(from)","to":"\#(to)"}"#.utf8))
            #expect(answer.status == 202)
        }
    }

    private func ask(_ board: StatusBoard, _ path: String, _ job: String) async throws -> Int {
        let action = try #require(board.action(at: path))
        return await action(Array(#"{"job":"\#(job)"}"#.utf8)).status
    }

    @Test("a rate is shared by the jobs at work, anew with each that is paused, resumed or cancelled, while they run")
    func sharedRate() async throws {
        let standing = Standing()
        let board = StatusBoard()
        let transfer = standing.transfer
        let coordinator = service(transfer, board: board, recoveryRate: 900)
        // What is read live leaves no gap, so all jobs are the operator's.
        try pen.write(session("a", "1", ago: 86400, covered: (86395, -3600)))
        try await running(coordinator) {
            try await eventually("it leads and knows the stream partition") {
                coordinator.view.isLeading && coordinator.view.sessions.count == 1
            }
            try await makeJobs(board, count: 1)
            try await eventually("one job has the whole rate") { standing.rates == [900] }
            try await makeJobs(board, count: 2)
            try await eventually("two jobs share it") { standing.rates == [450, 450] }
            let ids = transfer.requests.map(\.job)

            let rate = try #require(board.action(at: "/jobs/rate"))
            for (body, status) in [
                (#"{"job":"\#(ids[0])","rate":30}"#, 202), (#"{"job":"\#(ids[0])","rate":0}"#, 400),
                (#"{"job":"nothing","rate":30}"#, 404),
            ] { #expect(await rate(Array(body.utf8)).status == status, "\(body)") }
            try await eventually("one has a rate of its own, the other all that is shared") {
                standing.rates == [30, 900]
            }
            try await eventually("who leads next knows it") { try jobs().first { $0.id == ids[0] }?.rate == 30 }
            #expect(await rate(Array(#"{"job":"\#(ids[0])"}"#.utf8)).status == 202)
            try await eventually("they share it as before") { standing.rates == [450, 450] }

            #expect(try await ask(board, "/jobs/pause", ids[0]) == 202)
            try await eventually("the third takes the place of the paused one") { standing.count == 3 }
            try await eventually("they share it") { standing.rates == [450, 450] }
            try await eventually("the job is paused") { try jobs().first { $0.id == ids[0] }?.state == .paused }
            let before = try #require(try jobs().first { $0.id == ids[0] })
            #expect(before.received > 0 && before.attempts == 1)

            let third = transfer.requests[2].job
            #expect(try await ask(board, "/jobs/cancel", third) == 202)
            try await eventually("what is left has the whole rate") { standing.rates == [900] }
            try await eventually("the job is cancelled") {
                try jobs().first { $0.id == third }?.state == .cancelled
            }
            #expect(try await ask(board, "/jobs/resume", ids[0]) == 202)
            try await eventually("they share it again") { standing.rates == [450, 450] }
            #expect(transfer.requests.last?.job == ids[0])
            try await eventually("the job goes on from what it had") {
                try jobs().first { $0.id == ids[0] }.map { $0.state == .running && $0.received > before.received }
                    == true
            }
            #expect(try await ask(board, "/jobs/resume", third) == 410)
        }
        #expect(standing.count == 4)
    }

    @Test("where none is set, the rate follows the live stream up and down while a job runs")
    func liveRate() async throws {
        let standing = Standing()
        let board = StatusBoard()
        let coordinator = service(standing.transfer, board: board)
        let tweets = Mutex<Int64>(0)
        /// A second of a stream of so many Tweets a look.
        func live(_ more: Int64) throws {
            guard case .session(var record) = session("a", "1", ago: 86400, covered: (86395, -3600)) else { return }
            record.counters.tweets = tweets.withLock { count in
                count += more
                return count
            }
            record.sequence = record.counters.tweets
            try pen.write(.session(record))
        }
        try live(1)
        try await running(coordinator) {
            try await eventually("it leads and knows the stream partition") {
                coordinator.view.isLeading && coordinator.view.sessions.count == 1
            }
            try await makeJobs(board, count: 1)
            try await eventually("a job begins at the least rate") { standing.rates == [100] }
            try await eventually("a fast stream makes it faster") {
                try live(100_000)
                return (standing.rates.first ?? 0) > 10_000
            }
            try await eventually("a slow one slower") {
                try live(1)
                return (standing.rates.first ?? .infinity) < 1000
            }
        }
        #expect(standing.count == 1)
    }
}
