import Foundation
import Operations
import Simulator
import Testing
import Tweets
import World

extension LoopbackTests {
    @Suite("A recovery")
    struct RecoveryTests {
        /// Whole minutes that ended two minutes ago, in a world that is older.
        private static let minutes: EventInterval = {
            let to = (WallClock.now() - .seconds(120)).alignedDown(to: .seconds(60))
            return EventInterval(from: to - .seconds(180), to: to)
        }()

        private static func options(_ dialect: StreamDialect) -> SimulatorOptions {
            var options = RunningSimulator.options(dialect: dialect)
            options.world.start = minutes.from - .seconds(300)
            options.world.rate = 5
            options.recoveryMinAge = .seconds(10)
            return options
        }

        @Test("of the API v2 returns exactly the truth of its stream partition, then ends")
        func v2() async throws {
            try await RunningSimulator.with(Self.options(.v2)) { simulator in
                let received = try await simulator.read(simulator.recovery(2, Self.minutes))
                let truth = try await simulator.truth(Self.minutes, partition: 2)
                #expect(received.tweetIDs == truth)
                #expect(truth.count > 300)
                #expect(received.endedCleanly)
                #expect(!received.isInsideMember)
                let info = received.objects.last?["info"] as? [String: Any]
                #expect(info?["activity_count"] as? Int == truth.count)
            }
        }

        @Test("of gnip returns all stream partitions on one connection and says how many")
        func replay() async throws {
            try await RunningSimulator.with(Self.options(.gnip)) { simulator in
                let received = try await simulator.read(simulator.recovery(0, Self.minutes))
                let truth =
                    try await simulator.truth(Self.minutes, partition: 1)
                    + simulator.truth(Self.minutes, partition: 2)
                #expect(received.tweetIDs.count == truth.count)
                #expect(Set(received.tweetIDs) == Set(truth))
                let info = received.objects.last?["info"] as? [String: Any]
                #expect(info?["message"] as? String == "Replay Request Completed")
                #expect(info?["activity_count"] as? Int == truth.count)
                #expect(received.endedCleanly)
            }
        }

        @Test("returns deleted Tweets, or leaves them out where told to")
        func deleted() async throws {
            var options = Self.options(.v2)
            options.world.deleteShare = 0.3
            options.recoveryReturnsDeleted = false
            try await RunningSimulator.with(options) { simulator in
                let received = try await simulator.read(simulator.recovery(1, Self.minutes))
                let all = simulator.world.tweets(in: Self.minutes, partition: 1)
                let alive = all.filter { simulator.world.deletion(of: $0) == nil }
                #expect(received.tweetIDs == alive.map(\.description))
                #expect(alive.count < all.count)
            }
        }

        @Test("is refused outside its window, with the reason", arguments: StreamDialect.allCases)
        func window(dialect: StreamDialect) async throws {
            var options = Self.options(dialect)
            options.recoveryWindow = .seconds(600)
            options.replayRequestLimit = 0
            try await RunningSimulator.with(options) { simulator in
                let status = dialect == .gnip ? 406 : 400
                let now = WallClock.now()
                let young = EventInterval(
                    from: now - .seconds(120),
                    to: (now + .seconds(60)).alignedUp(to: .seconds(60))
                )
                let old = EventInterval(from: now - .seconds(900), to: now - .seconds(700))
                for interval in [young, old, EventInterval(from: Self.minutes.to, to: Self.minutes.from)] {
                    let received = try await simulator.read(simulator.recovery(1, interval))
                    #expect(received.status == status)
                    #expect(!received.wire.isEmpty)
                }
            }
        }

        @Test("is one of two at once in v2, one of five in five minutes in gnip")
        func limits() async throws {
            var slow = Self.options(.v2)
            slow.recoverySpeed = 0.001
            try await RunningSimulator.with(slow) { simulator in
                let path = simulator.recovery(1, Self.minutes)
                async let first = simulator.read(path) { $0.heartbeats >= 3 }
                async let second = simulator.read(path) { $0.heartbeats >= 3 }
                // The third is asked for again until the other two are at work.
                var statuses: [Int] = []
                while statuses.last != 429, statuses.count < 50 {
                    statuses.append(try await simulator.read(path) { _ in true }.status)
                }
                _ = try await [first, second]
                #expect(statuses.last == 429)
            }
            var options = Self.options(.gnip)
            options.world.rate = 1
            try await RunningSimulator.with(options) { simulator in
                var statuses: [Int] = []
                for _ in 0..<6 { statuses.append(try await simulator.read(simulator.recovery(0, Self.minutes)).status) }
                #expect(statuses == [200, 200, 200, 200, 200, 429])
            }
        }

        @Test("fails as it is told to, and the fault counts it", arguments: StreamDialect.allCases)
        func faults(dialect: StreamDialect) async throws {
            var options = Self.options(dialect)
            options.replayRequestLimit = 0
            try await RunningSimulator.with(options) { simulator in
                let path = simulator.recovery(1, Self.minutes)
                var complete = simulator.world.tweets(in: Self.minutes, partition: 1)
                if dialect == .gnip { complete += simulator.world.tweets(in: Self.minutes, partition: 2) }

                try await simulator.send("POST", "/faults", #"{"kind":"recovery","mode":"fail","share":0.4,"count":1}"#)
                let failed = try await simulator.read(path)
                #expect(failed.endedCleanly)
                let middle = Self.minutes.from + .milliseconds(72000)
                #expect(
                    Set(failed.tweetIDs) == Set(complete.filter { TweetID(earliestAt: middle) > $0 }.map(\.description))
                )
                if dialect == .gnip {
                    let info = failed.objects.last?["info"] as? [String: Any]
                    #expect(info?["message"] as? String == "Replay Request Failed to Complete")
                    let rest = info?["unprocessed_range"] as? [String: String]
                    #expect(rest?["fromDate"].flatMap { Instant($0) } == middle.alignedDown(to: .seconds(60)))
                    #expect(rest?["toDate"].flatMap { Instant($0) } == Self.minutes.to)
                }

                try await simulator.send("POST", "/faults", #"{"kind":"recovery","mode":"cut","count":1}"#)
                let cut = try await simulator.read(path)
                #expect(!cut.endedCleanly)
                #expect(cut.tweetIDs.count < complete.count)

                try await simulator.send(
                    "POST",
                    "/faults",
                    #"{"kind":"recovery","mode":"minutes","seconds":60,"count":1}"#
                )
                let holed = try await simulator.read(path)
                let minute = EventInterval(
                    from: Self.minutes.from + .seconds(60),
                    to: Self.minutes.from + .seconds(120)
                )
                let kept = complete.filter { id in id.createdAt.map { !minute.contains($0) } ?? false }
                #expect(Set(holed.tweetIDs) == Set(kept.map(\.description)))
                let info = holed.objects.last?["info"] as? [String: Any]
                #expect((info?["minutes_failed"] as? [String])?.map { Instant($0) } == [minute.from])

                let fired = try await simulator.fired()
                #expect(fired == [1, 1, 1])
                let whole = try await simulator.read(path).tweetIDs.count
                #expect(whole == complete.count)
            }
        }
    }
}
