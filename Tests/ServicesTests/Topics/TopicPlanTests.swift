import Testing
import Tweets

@testable import Services

@Suite("The topics as correctness needs them")
struct TopicPlanTests {
    private let names = TopicNames(prefix: "x")

    private func plan(
        horizon: Duration = .seconds(124 * 3600),
        replicas: Int = 3,
        retention: Duration? = nil,
        limit: TimestampLimit = .difference
    ) -> TopicPlan {
        TopicPlan(
            names: names,
            partitionCount: 12,
            replicationFactor: replicas,
            horizon: horizon,
            retention: retention,
            limit: limit
        )
    }

    private func milliseconds(_ plan: TopicPlan, _ topic: String, _ setting: String) -> Int64? {
        plan.topics.first { $0.name == topic }?.value(of: setting).flatMap(Int64.init)
    }

    private let day: Int64 = 86_400_000

    @Test("there is every topic, in order, control with one partition")
    func all() {
        let plan = plan()
        #expect(plan.topics.map(\.name) == names.all)
        for topic in plan.topics { #expect(topic.partitionCount == (topic.name == names.control ? 1 : 12)) }
    }

    @Test(
        "Tweets are kept for a week, or the horizon and a day, or as long as users want, whichever is longest",
        arguments: [
            (Int64(28 * 3600), nil, Int64(7)), (124 * 3600, nil, 7), (10 * 86400, nil, 11), (124 * 3600, 30, 30),
            (10 * 86400, 3, 11),
        ] as [(Int64, Int64?, Int64)]
    )
    func retention(horizonSeconds: Int64, wantedDays: Int64?, keptDays: Int64) {
        let plan = plan(horizon: .seconds(horizonSeconds), retention: wantedDays.map { .seconds($0 * 86400) })
        for topic in [names.raw, names.tweets, names.late, names.deadletter, names.compliance] {
            #expect(milliseconds(plan, topic, "retention.ms") == keptDays * day)
        }
    }

    @Test("the changelog and every tombstone outlive the horizon by a day")
    func horizon() {
        let plan = plan(horizon: .seconds(10 * 86400))
        #expect(milliseconds(plan, names.seen, "retention.ms") == 11 * day)
        for topic in [names.raw, names.tweets, names.late] {
            #expect(milliseconds(plan, topic, "delete.retention.ms") == 11 * day)
        }
    }

    @Test("only keyed topics are compacted, raw with its lag, control without retention")
    func policies() {
        let plan = plan()
        let policies = plan.topics.map { $0.value(of: "cleanup.policy") }
        #expect(
            policies == ["compact,delete", "compact,delete", "delete", "compact", "compact,delete", "delete", "delete"]
        )
        #expect(milliseconds(plan, names.raw, "min.compaction.lag.ms") == day / 2)
        #expect(milliseconds(plan, names.control, "retention.ms") == nil)
        #expect(milliseconds(plan, names.control, "segment.ms") == 600_000)
    }

    @Test(
        "one replica may be away without stopping writes, where there is more than one",
        arguments: [(1, "1"), (2, "1"), (3, "2"), (4, "3")]
    )
    func replicas(factor: Int, inSync: String) {
        for topic in plan(replicas: factor).topics {
            #expect(topic.replicationFactor == factor)
            #expect(topic.value(of: "min.insync.replicas") == inSync)
            #expect(topic.value(of: "unclean.leader.election.enable") == "false")
        }
    }

    @Test("timestamps are the creator's, without a limit, under the name that the cluster has for it")
    func timestamps() {
        for topic in plan().topics {
            #expect(topic.value(of: "message.timestamp.type") == "CreateTime")
            #expect(topic.value(of: "message.timestamp.difference.max.ms") == "\(Int64.max)")
            #expect(topic.value(of: "message.timestamp.before.max.ms") == nil)
        }
        for topic in plan(limit: .beforeAndAfter).topics {
            #expect(topic.value(of: "message.timestamp.difference.max.ms") == nil)
            #expect(topic.value(of: "message.timestamp.before.max.ms") == "\(Int64.max)")
            #expect(topic.value(of: "message.timestamp.after.max.ms") == "\(Int64.max)")
        }
    }

    @Test("records of 8 MiB fit everywhere")
    func recordSize() {
        for topic in plan().topics { #expect(topic.value(of: "max.message.bytes") == "8388608") }
    }

    @Test("the disk counts every replica, both copies in raw, and the segment that waits")
    func disk() {
        let load = DiskForecast.Load(
            tweetsPerSecond: 100,
            bytesPerTweet: 5000,
            compressionRatio: 2.5,
            connections: 2
        )
        let forecast = DiskForecast(plan(), names: names, load: load)
        // 100/s for 7 days and a segment of 6 h, 3 replicas, 2,000 bytes compressed and 20 around them.
        let tweets: Double = 100 * (7 * 86400 + 6 * 3600) * 3 * 2020
        #expect(forecast.bytesByTopic[names.tweets] == tweets)
        #expect(forecast.bytesByTopic[names.raw] == 2 * tweets)
        let seen: Double = 100 * (148 * 3600 + 6 * 3600) * 3 * 6
        #expect(forecast.bytesByTopic[names.seen] == seen)
        #expect(forecast.bytesByTopic[names.deadletter] == nil)
    }

    @Test(
        "sizes are written with two digits and a unit",
        arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (1e13, "9.1 TiB"), (1e17, "89 PiB")]
    )
    func sizes(bytes: Double, text: String) {
        #expect(TopicTable.bytes(bytes) == text)
    }
}
