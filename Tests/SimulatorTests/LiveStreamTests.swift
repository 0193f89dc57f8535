import Foundation
import Operations
import Simulator
import Testing
import Tweets
import World

extension LoopbackTests {
    @Suite("A live stream")
    struct LiveStreamTests {
        /// IDs that must have come on a connection that was opened at `opened` and had everything due by `reached`.
        private func arrived(
            _ simulator: RunningSimulator,
            from: Instant,
            to: Instant
        ) -> Set<String> {
            let world = simulator.world
            let ids = world.tweets(in: EventInterval(from: world.options.start, to: to), partition: 1)
            return Set(
                ids.filter { id in
                    let arrival = world.arrival(of: id, copy: 0)
                    return from <= arrival && arrival < to
                }.map(\.description)
            )
        }

        @Test(
            "carries every Tweet that arrives, in both dialects and both ways of compressing",
            arguments: [
                (StreamDialect.gnip, SimulatorOptions.Compression.stream), (.gnip, .spliced), (.v2, .stream),
                (.v2, .spliced),
            ]
        )
        func complete(dialect: StreamDialect, compression: SimulatorOptions.Compression) async throws {
            var options = RunningSimulator.options(dialect: dialect)
            options.compression = compression
            options.memberSeconds = 0.3
            options.world.deleteShare = 0.2
            try await RunningSimulator.with(options) { simulator in
                let received = try await simulator.read(simulator.live(1)) { $0.heartbeats >= 14 }
                #expect(received.status == 200)
                #expect(received.headers["content-encoding"] == "gzip")
                let opened = try #require(httpDate(received.headers["date"]))
                let ids = Set(received.tweetIDs)
                #expect(ids.count > 30)
                // The second of the header and the last bytes that were read are known to within a second and a tick.
                let due = arrived(simulator, from: opened + .seconds(1), to: opened + .seconds(3))
                #expect(due.subtracting(ids).isEmpty)
                #expect(Set(received.deletedIDs).count > 0)
                let world = simulator.world
                let strangers = ids.filter { text in
                    guard let id = UInt64(text).flatMap({ TweetID($0) }), let created = id.createdAt else {
                        return true
                    }
                    let second = world.tweets(inSecond: created.milliseconds / 1000, partition: 1)
                    return !second.contains(id)
                }
                #expect(strangers.isEmpty)
                // gzip's magic of later members stands in the bytes; the inflater has accepted their check sums.
                let magics = received.wire.indices.dropLast(2).count { index in
                    received.wire[index] == 0x1F && received.wire[index + 1] == 0x8B && received.wire[index + 2] == 8
                }
                #expect(magics >= 3)
            }
        }

        @Test("has backfill that leaves no hole and holds nothing older", arguments: StreamDialect.allCases)
        func backfill(dialect: StreamDialect) async throws {
            let options = RunningSimulator.options(dialect: dialect)
            try await RunningSimulator.with(options) { simulator in
                let received = try await simulator.read(simulator.live(1, backfill: 1)) { $0.heartbeats >= 10 }
                let opened = try #require(httpDate(received.headers["date"]))
                let ids = received.tweetIDs
                let due = arrived(simulator, from: opened - .seconds(59), to: opened + .seconds(2))
                #expect(due.subtracting(ids).isEmpty)
                #expect(due.count > 1000)
                let older = arrived(simulator, from: .init(milliseconds: 0), to: opened - .seconds(60))
                #expect(older.isDisjoint(with: ids))
                // Older first, and not by ID.
                let numbers = ids.compactMap(UInt64.init)
                #expect(numbers != numbers.sorted())
                let times = try numbers.map { try #require(TweetID($0)?.createdAt) }
                let early = times[..<100].map(\.milliseconds).reduce(0, +) / 100
                let late = times.suffix(100).map(\.milliseconds).reduce(0, +) / 100
                #expect(late - early > 50000)
            }
        }

        @Test("sends heartbeats and nothing else at a rate of nothing")
        func idle() async throws {
            var options = RunningSimulator.options(dialect: .gnip)
            options.world.rate = 0
            options.heartbeat = .milliseconds(200)
            try await RunningSimulator.with(options) { simulator in
                let received = try await simulator.read(simulator.live(2)) { $0.heartbeats >= 5 }
                #expect(received.plain == Array(repeating: [0x0D, 0x0A], count: 5).flatMap { $0 })
            }
        }

        @Test("has the same bytes for a Tweet on both connections and in a recovery")
        func copies() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                let now = WallClock.now()
                let interval = EventInterval(
                    from: (now - .seconds(60)).alignedDown(to: .seconds(1)),
                    to: (now - .seconds(20)).alignedDown(to: .seconds(1))
                )
                let path = simulator.live(1, backfill: 2)
                async let first = simulator.read(path) { $0.heartbeats >= 2 }
                async let second = simulator.read(path) { $0.heartbeats >= 2 }
                async let third = simulator.read(simulator.recovery(1, interval))
                let streams = try await [first, second, third]
                let lines = streams.map { stream in
                    Set(stream.lines.filter { $0.contains("edit_history_tweet_ids") })
                }
                let wanted = lines[2]
                #expect(wanted.count > 600)
                #expect(wanted.subtracting(lines[0]).isEmpty)
                #expect(wanted.subtracting(lines[1]).isEmpty)
            }
        }

        @Test("is plain for a v2 client that does not ask for gzip")
        func plain() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                let received = try await simulator.read(
                    simulator.live(1),
                    headers: ["Authorization: Bearer decahose"]
                ) { $0.tweetIDs.count >= 20 }
                #expect(received.headers["content-encoding"] == nil)
                #expect(received.objects.count >= 20)
            }
        }

        @Test("of compliance tells deletes and events", arguments: StreamDialect.allCases)
        func compliance(dialect: StreamDialect) async throws {
            var options = RunningSimulator.options(dialect: dialect)
            options.world.eventShare = 0.1
            options.world.deleteShare = 0.2
            try await RunningSimulator.with(options) { simulator in
                let received = try await simulator.read(simulator.live(3, backfill: 1, product: "compliance")) {
                    $0.lineCount > 150
                }
                #expect(received.tweetIDs.isEmpty)
                let world = simulator.world
                for text in received.deletedIDs {
                    let id = try #require(UInt64(text).flatMap { TweetID($0) })
                    #expect(world.deletion(of: id) != nil)
                    #expect(world.compliancePartition(of: id, count: 4) == 3)
                }
                #expect(received.deletedIDs.count > 50)
            }
        }
    }
}

/// Reads the header `Date`.
func httpDate(_ text: String?) -> Instant? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return text.flatMap(formatter.date(from:)).map { Instant(seconds: Int64($0.timeIntervalSince1970)) }
}
