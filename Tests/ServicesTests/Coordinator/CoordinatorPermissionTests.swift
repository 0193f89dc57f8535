import Kafka
import KafkaTestSupport
import Logging
import Operations
import Recovery
import Testing
import Tweets

@testable import Services

@Suite(
    "Permissions of the coordinator on a real broker",
    .enabled(if: AuthorizingBroker.isAvailable, "\(RealBroker.skipReason)"),
    .ownThread,
    .timeLimit(.minutes(5))
)
struct CoordinatorPermissionTests {
    @Test("the group and the transactional ID that are refused are named in readiness, until they are allowed")
    func refusals() async throws {
        let broker = try AuthorizingBroker()
        let names = TopicNames(prefix: RealBroker.uniqueName("coordinator"))
        let admin = try KafkaAdmin(["bootstrap.servers": broker.bootstrapServers], observer: .silent)
        let topics = names.all.map {
            KafkaNewTopic(name: $0, partitionCount: $0 == names.control ? 1 : 2, replicationFactor: 1)
        }
        let failures = try admin.createTopics(topics, timeout: .seconds(30))
        try #require(failures.isEmpty, "\(failures)")
        try broker.setPermission(
            ["--topic", "\(names.prefix).", "--resource-pattern-type", "prefixed"],
            isAllowed: true
        )
        let board = StatusBoard()
        let service = service(names, broker, board)
        let work = Task { try await service.run() }
        try await until("the group is named") { isNamed("election", .groupAuthorizationFailed, board) }
        try broker.setPermission(["--group", names.coordinatorID], isAllowed: true)
        try await until("the transactional ID is named") {
            isNamed("lead", .transactionalIDAuthorizationFailed, board)
        }
        try await until("the group is no longer named") { !board.problems.contains { $0.hasPrefix("election") } }
        try broker.setPermission(["--transactional-id", names.coordinatorID], isAllowed: true)
        try await until("it leads and is ready") { service.view.isLeading && board.problems.isEmpty }
        service.stop()
        try await work.value
    }

    private func isNamed(_ name: String, _ code: KafkaErrorCode, _ board: StatusBoard) -> Bool {
        board.problems.contains {
            $0.hasPrefix("\(name): ") && $0.contains(code.name) && $0.contains("decahose topics acls coordinator")
        }
    }

    private func service(_ names: TopicNames, _ broker: AuthorizingBroker, _ board: StatusBoard) -> CoordinatorService {
        CoordinatorService(
            CoordinatorEnvironment(
                names: names,
                instance: "coordinator test",
                kafka: broker.userProperties,
                options: CoordinatorOptions(
                    limits: .v2,
                    timing: LedgerTiming(slack: .seconds(2)),
                    concurrentJobsMax: 2
                ),
                streams: [StreamPartition(product: .sample10, number: 1)],
                recoveryRate: nil,
                transfer: ScriptedTransfer.generous(),
                wall: WallClock.now,
                clock: MonotonicClock.now,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ),
            board: board,
            metrics: MetricsRegistry()
        )
    }
}
