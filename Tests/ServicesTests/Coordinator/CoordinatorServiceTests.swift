import Foundation
import Kafka
import Logging
import Operations
import Recovery
import Testing
import Tweets

@testable import Services

@Suite("The coordinator on a mock cluster", .timeLimit(.minutes(2)))
struct CoordinatorServiceTests {
    let cluster: KafkaMockCluster
    let names = TopicNames(prefix: "test")
    let pen: ControlPen
    let stream = StreamPartition(product: .sample10, number: 1)
    let now = WallClock.now()

    init() throws {
        cluster = try KafkaMockCluster(brokerCount: 1)
        for name in names.all {
            try cluster.createTopic(name, partitionCount: name == names.control ? 1 : 3)
        }
        pen = try ControlPen(cluster.bootstrapServers, names: names)
    }

    func service(
        _ transfer: any RecoveryTransfer,
        board: StatusBoard = StatusBoard(),
        recoveryRate: Int? = nil,
        wall: @escaping @Sendable () -> Instant = WallClock.now
    ) -> CoordinatorService {
        CoordinatorService(
            CoordinatorEnvironment(
                names: names,
                instance: "coordinator test",
                kafka: ["bootstrap.servers": cluster.bootstrapServers],
                options: CoordinatorOptions(
                    limits: .v2,
                    timing: LedgerTiming(slack: .seconds(2)),
                    concurrentJobsMax: 2
                ),
                streams: [stream],
                recoveryRate: recoveryRate,
                transfer: transfer,
                wall: wall,
                clock: MonotonicClock.now,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ),
            board: board,
            metrics: MetricsRegistry()
        )
    }

    /// Runs services until the body is done, then stops them and waits for their end.
    func running(_ services: CoordinatorService..., body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            do {
                try await body()
            } catch {
                for service in services { service.stop() }
                throw error
            }
            for service in services { service.stop() }
            try await group.waitForAll()
        }
    }

    func eventually(_ what: String, within limit: Duration = .seconds(40), _ isTrue: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try isTrue() { return }
            try await Task.sleep(for: .milliseconds(30))
        }
        Issue.record("not within \(limit): \(what)")
        throw CancellationError()
    }

    func session(
        _ connection: String,
        _ name: String,
        ago date: Int64,
        covered: (from: Int64, to: Int64)?,
        closed: SessionRecord.CloseReason? = nil
    ) -> ControlRecord {
        var record = SessionRecord(
            connection: connection,
            stream: stream,
            session: name,
            host: "host:1",
            serverDate: now - .seconds(date),
            localDate: now - .seconds(date),
            backfill: SessionRecord.Backfill(askedMinutes: 0, decided: true)
        )
        record.sequence = 1
        record.updatedAt = WallClock.now()
        record.covered = covered.map {
            EventInterval(from: now - .seconds($0.from), to: now - .seconds($0.to))
        }
        record.closed = closed
        return .session(record)
    }

    /// Both connections were cut 60 s ago, having covered up to 62 s ago; a came back 35 s ago for good.
    func writeDoubleOutage() throws {
        for name in ["a", "b"] {
            try pen.write(session(name, "1", ago: 120, covered: (115, 62), closed: .tcp))
        }
        try pen.write(session("a", "2", ago: 35, covered: (30, -3600)))
    }

    func gaps() throws -> [GapRecord] {
        try pen.everything().values.compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
    }

    func jobs() throws -> [JobRecord] {
        try pen.everything().values.compactMap { if case .job(let job) = $0 { job } else { nil } }
    }

    @Test("a double outage is found, asked for once, and filled; that it cannot be confirmed as settled is said")
    func mainLine() async throws {
        let transfer = ScriptedTransfer.generous()
        let board = StatusBoard()
        try writeDoubleOutage()
        try await running(service(transfer, board: board)) {
            try await eventually("the gap is filled") { try gaps().map(\.state) == [.filled] }
            try await eventually("the doubt about settlement is said") {
                try gaps().first?.reason?.contains("cannot be confirmed") == true
            }
        }
        let gap = try #require(try gaps().first)
        #expect(gap.range == EventInterval(from: now - .seconds(62), to: now - .seconds(30)))
        #expect(gap.rawOffsets.opened == [0: 0, 1: 0, 2: 0])
        #expect(gap.deletes == .unknown)
        let job = try #require(try jobs().first)
        #expect(job.state == .completed)
        #expect(job.received == 40)
        #expect(gap.jobs == [job.id])
        #expect(transfer.requests.count == 1)
        let asked = try #require(transfer.requests.first)
        #expect(asked.range.from <= gap.from && gap.to <= asked.range.to)
        #expect(asked.range.duration < gap.range.duration + .seconds(2))

        let body = try #require(board.document(at: "/gaps")).body()
        let document = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        let shown = try #require((document["gaps"] as? [[String: Any]])?.first)
        #expect(shown["stream"] as? String == "sample10")
        #expect(shown["partition"] as? Int == 1)
        #expect(shown["state"] as? String == "filled")
        #expect(shown["from"] as? String == gap.from.description)
        #expect((shown["jobs"] as? [[String: Any]])?.first?["received"] as? Int == 40)
        #expect((shown["jobs"] as? [[String: Any]])?.first?["emitted"] is NSNull)
        #expect(((shown["rawOffsets"] as? [String: Any])?["opened"] as? [String: Int])?["0"] == 0)
    }

    @Test("a coordinator that stops during a job is followed by one that asks for the rest only")
    func continues() async throws {
        try writeDoubleOutage()
        // The outage of this test is long enough to have a proven part: an hour, of which half is delivered.
        let pen = try ControlPen(cluster.bootstrapServers, names: names)
        let firstRange = EventInterval(from: now - .seconds(7200), to: now - .seconds(3600))
        var job = JobRecord(
            id: "j1",
            origin: .manual,
            product: .sample10,
            partition: 1,
            range: firstRange,
            fills: [],
            knownOffset: 0,
            createdAt: now
        )
        job.state = .running
        job.attempts = 1
        try pen.write(.job(job))
        let half = firstRange.from + .seconds(1800)
        let stuck = ScriptedTransfer { run in
            if run.request.job == "j1" {
                run.report(BackfillProgress(received: 9, acknowledged: 9, frontier: half, newest: half))
                while !run.isStopped { usleep(10000) }
                return .stopped
            }
            return ScriptedTransfer.generous().perform(run)
        }
        try await running(service(stuck)) {
            try await eventually("half of the job is saved") {
                try jobs().contains { $0.id == "j1" && $0.received == 9 && $0.remaining != [firstRange] }
            }
        }
        let transfer = ScriptedTransfer.generous()
        try await running(service(transfer)) {
            try await eventually("the job is done") {
                try jobs().contains { $0.id == "j1" && $0.state == .completed }
            }
        }
        let asked = try #require(transfer.requests.first { $0.job == "j1" }).range
        #expect(asked.to == firstRange.to)
        #expect(asked.from >= half - .seconds(120) && asked.from <= half)
        #expect(stuck.requests.count { $0.job != "j1" } == 1)
        #expect(transfer.requests.count == 1)
    }

    @Test("of two coordinators one leads; when it stops the other does, and nothing is asked twice")
    func twoCoordinators() async throws {
        let transfer = ScriptedTransfer.generous()
        let first = service(transfer)
        let second = service(transfer)
        try await running(first, second) {
            try await eventually("one leads") { first.view.isLeading != second.view.isLeading }
            try writeDoubleOutage()
            try await eventually("the gap is filled") { try gaps().map(\.state) == [.filled] }
            let (leader, other) = first.view.isLeading ? (first, second) : (second, first)
            #expect(other.view.gaps.map(\.id) == leader.view.gaps.map(\.id))
            leader.stop()
            try await eventually("the other leads") { other.view.isLeading }
            try await eventually("it has looked") { other.view.gaps.map(\.state) == [.filled] }
        }
        #expect(transfer.requests.count == 1)
    }

    @Test("redundancy in force is shown by stream partition, and an unread one as none")
    func redundancy() async throws {
        let board = StatusBoard()
        let coordinator = service(ScriptedTransfer.generous(), board: board)
        try await running(coordinator) {
            var sequence: Int64 = 0
            try await eventually("both connections are in force") {
                sequence += 1
                for name in ["a", "b"] {
                    guard case .session(var record) = session(name, "1", ago: 20, covered: (15, 2)) else {
                        return false
                    }
                    record.sequence = sequence
                    try pen.write(.session(record))
                }
                return coordinator.view.live[stream] == ["a", "b"]
            }
            try await eventually("nobody is in force once nobody is heard") {
                coordinator.view.live[stream] == []
            }
        }
        let body = try #require(board.document(at: "/status")).body()
        let document = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(document["redundancy"] as? [String: Int] == ["sample10/1": 0])
    }

    @Test("a host's clock that is two minutes off, either way, is noticed and not judged by", arguments: [-120, 120])
    func skew(seconds: Int64) async throws {
        let coordinator = service(ScriptedTransfer.generous(), wall: { WallClock.now() + .seconds(seconds) })
        try await running(coordinator) {
            var sequence: Int64 = 0
            try await eventually("the skew is measured") {
                sequence += 1
                guard case .session(var record) = session("a", "1", ago: 20, covered: (15, 2)) else { return false }
                record.sequence = sequence
                record.localDate = record.serverDate + .milliseconds(300)
                record.updatedAt = WallClock.now()
                try pen.write(.session(record))
                return coordinator.view.clockSkew != .zero
            }
            let view = coordinator.view
            #expect(abs(view.clockSkew.milliseconds + seconds * 1000) < 3000)
            #expect(abs((view.at - WallClock.now()).milliseconds) < 5000)
        }
    }

    @Test("an operator's backfill is made a job, and a bad one is refused with the reason")
    func manual() async throws {
        let transfer = ScriptedTransfer.generous()
        let board = StatusBoard()
        let coordinator = service(transfer, board: board)
        try writeDoubleOutage()
        let backfill = try #require(board.action(at: "/backfill"))
        try await running(coordinator) {
            try await eventually("it leads") { coordinator.view.isLeading }
            let (from, to) = (now - .seconds(500), now - .seconds(400))
            let dry = await backfill(Array(#"{"from":"\#(from)","to":"\#(to)","dryRun":true}"#.utf8))
            #expect(dry.status == 200)
            let answer = await backfill(Array(#"{"from":"\#(from)","to":"\#(to)"}"#.utf8))
            #expect(answer.status == 202)
            let old = await backfill(Array(#"{"from":"2020-01-01T00:00:00Z","to":"2020-01-01T01:00:00Z"}"#.utf8))
            #expect(old.status == 422)
            let bad = await backfill(Array("{}".utf8))
            #expect(bad.status == 400)
            try await eventually("the job is done") {
                try jobs().contains { $0.origin == .manual && $0.state == .completed }
            }
        }
        #expect(transfer.requests.count == 2)
        let after = await backfill(Array(#"{"from":"2020-01-01T00:00:00Z","to":"2020-01-01T01:00:00Z"}"#.utf8))
        #expect(after.status == 503)
    }

    @Test("missing topics end it with the command that makes them")
    func missingTopics() async throws {
        let bare = try KafkaMockCluster(brokerCount: 1)
        var environment = service(ScriptedTransfer.generous()).environmentForTests
        environment.kafka["bootstrap.servers"] = bare.bootstrapServers
        let coordinator = CoordinatorService(environment, board: StatusBoard(), metrics: MetricsRegistry())
        let error = await #expect(throws: ExitError.self) { try await coordinator.run() }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("decahose topics create") == true)
    }
}
