import Foundation
import Operations
import Simulator
import Testing
import Tweets
import World

extension LoopbackTests {
    @Suite("A fault")
    struct FaultTests {
        private static func set(_ simulator: RunningSimulator, _ fault: String) async throws {
            let answer = try await simulator.send("POST", "/faults", fault)
            #expect(answer.status == 200, "\(answer.body)")
        }

        @Test(
            "ends a connection in each of the ways that are known",
            arguments: [
                (#"{"kind":"drop","duration":60}"#, false, nil as String?),
                (#"{"kind":"full-buffer","duration":60,"with_message":false}"#, false, nil),
                (#"{"kind":"full-buffer","duration":60}"#, true, "maximum allowed backup"),
                (#"{"kind":"message","duration":60,"message":"operational"}"#, true, "operational reasons"),
                (#"{"kind":"message","duration":60,"message":"too-many-connections"}"#, true, "Too many connections"),
                (#"{"kind":"message","duration":60,"message":"disconnect"}"#, true, "\"disconnect\""),
            ]
        )
        func ends(fault: String, cleanly: Bool, text: String?) async throws {
            try await RunningSimulator.with(RunningSimulator.options(dialect: .gnip)) { simulator in
                try await Self.set(simulator, fault)
                let received = try await simulator.read(simulator.live(1, backfill: 1))
                #expect(received.status == 200)
                #expect(received.endedCleanly == cleanly)
                #expect(received.closed || received.endedCleanly)
                if let text { #expect(received.lines.last?.contains(text) ?? false) }
                let fired = try await simulator.fired()
                #expect(fired == [1])
            }
        }

        @Test("speaks v2 to v2 clients", arguments: ["operational", "upstream", "too-many-connections"])
        func v2Messages(message: String) async throws {
            try await RunningSimulator.with(RunningSimulator.options(dialect: .v2)) { simulator in
                try await Self.set(simulator, #"{"kind":"message","duration":60,"message":"\#(message)"}"#)
                let received = try await simulator.read(simulator.live(1))
                let errors = received.objects.last?["errors"] as? [[String: Any]]
                #expect(errors?.first?["title"] is String)
                #expect(received.endedCleanly)
            }
        }

        @Test("cuts gzip in the middle of a line")
        func truncated() async throws {
            for compression in [SimulatorOptions.Compression.stream, .spliced] {
                var options = RunningSimulator.options()
                options.compression = compression
                try await RunningSimulator.with(options) { simulator in
                    try await Self.set(simulator, #"{"kind":"truncated-gzip","duration":60}"#)
                    let received = try await simulator.read(simulator.live(1))
                    #expect(received.isInsideMember)
                    #expect(received.plain.suffix(2) != [0x0D, 0x0A])
                    let fired = try await simulator.fired()
                    #expect(fired == [1])
                }
            }
        }

        @Test("stalls without a byte, and what was due follows")
        func stall() async throws {
            var options = RunningSimulator.options()
            options.heartbeat = .milliseconds(200)
            try await RunningSimulator.with(options) { simulator in
                try await Self.set(simulator, #"{"kind":"stall","after":1,"duration":2}"#)
                let received = try await simulator.read(simulator.live(1)) {
                    $0.heartbeats >= 12 && $0.longestSilence > 1
                }
                #expect(received.longestSilence > 1.5)
                #expect(Set(received.tweetIDs).count > 40)
                let fired = try await simulator.fired()
                #expect(fired == [1])
            }
        }

        @Test("keeps silent but for heartbeats")
        func silence() async throws {
            var options = RunningSimulator.options()
            options.heartbeat = .milliseconds(100)
            try await RunningSimulator.with(options) { simulator in
                try await Self.set(simulator, #"{"kind":"silence"}"#)
                let received = try await simulator.read(simulator.live(1)) { $0.heartbeats >= 10 }
                #expect(received.tweetIDs.isEmpty)
                let fired = try await simulator.fired()
                #expect(fired == [1])
            }
        }

        @Test("slows a connection down")
        func slow() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"{"kind":"slow","bytes_per_second":20000}"#)
                let start = ContinuousClock.now
                let received = try await simulator.read(simulator.live(1, backfill: 2)) { $0.wire.count > 60000 }
                // A fast simulator would have sent two minutes' worth at once.
                #expect(received.wire.count < 200_000)
                #expect(ContinuousClock.now - start > .seconds(1))
            }
        }

        @Test("hits one of two copies by its place")
        func place() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"{"kind":"silence","place":1}"#)
                async let first = simulator.read(simulator.live(1, backfill: 1)) { $0.heartbeats >= 6 }
                async let second = simulator.read(simulator.live(1, backfill: 1)) { $0.heartbeats >= 6 }
                let counts = try await [first.tweetIDs.count, second.tweetIDs.count].sorted()
                #expect(counts[0] == 0)
                #expect(counts[1] > 1000)
            }
        }

        @Test("answers requests with a status, as often as told")
        func status() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(
                    simulator,
                    #"{"kind":"status","status":503,"count":2,"retry_after":9,"partition":1}"#
                )
                let other = try await simulator.read(simulator.live(2)) { !$0.plain.isEmpty }
                #expect(other.status == 200)
                for expected in [503, 503, 200] {
                    let received = try await simulator.read(simulator.live(1)) { !$0.plain.isEmpty }
                    #expect(received.status == expected)
                    if expected == 503 { #expect(received.headers["retry-after"] == "9") }
                }
                let fired = try await simulator.fired()
                #expect(fired == [2])
            }
        }

        @Test("puts junk among the Tweets, and the stream goes on")
        func junk() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"{"kind":"junk","duration":60}"#)
                let received = try await simulator.read(simulator.live(1)) {
                    $0.heartbeats >= 2 && $0.plain.count > 10_300_000
                }
                for kind in JunkKind.allCases {
                    #expect(received.plain.firstRange(of: kind.line) != nil, "\(kind)")
                }
                #expect(received.tweetIDs.count > 20)
            }
        }

        @Test("withholds its share on one connection only, and counts the Tweets")
        func withhold() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"{"kind":"withhold","share":0.2,"connection":"b"}"#)
                async let first = simulator.read(simulator.live(1, backfill: 1), name: "a") { $0.heartbeats >= 3 }
                async let second = simulator.read(simulator.live(1, backfill: 1), name: "b") { $0.heartbeats >= 3 }
                let (a, b) = try await (Set(first.tweetIDs), Set(second.tweetIDs))
                let missing = a.subtracting(b)
                #expect(missing.count > a.count / 8)
                #expect(missing.count < a.count / 3)
                let fired = try await simulator.fired()
                #expect(fired.first ?? 0 >= missing.count * 9 / 10)
            }
        }

        @Test("lies about backfill", arguments: ["ignored", "partial", "cut", "thin"])
        func backfill(mode: String) async throws {
            var options = RunningSimulator.options()
            options.backfillSpeed = 100
            options.world.duplicateShare = 0
            try await RunningSimulator.with(options) { simulator in
                try await Self.set(simulator, #"{"kind":"backfill","mode":"\#(mode)","seconds":20}"#)
                let received = try await simulator.read(simulator.live(1, backfill: 2)) { $0.heartbeats >= 10 }
                let opened = try #require(httpDate(received.headers["date"]))
                let ids = Set(received.tweetIDs)
                let asked = EventInterval(from: opened - .seconds(115), to: opened - .seconds(25))
                let wanted = simulator.world.tweets(in: asked, partition: 1).map(\.description)
                let share = Double(ids.intersection(wanted).count) / Double(wanted.count)
                switch mode {
                case "ignored", "partial": #expect(share == 0)
                case "cut":
                    #expect(!received.endedCleanly && received.closed)
                    // About half is sent. A cut channel is closed at once, and what waits in it for a reader that a busy
                    // machine keeps from reading goes with it: so the upper bound is the fault's, the lower one only says
                    // that something came.
                    #expect(share > 0 && share < 0.8)
                default: #expect((0.6...0.8).contains(share))
                }
                if mode == "partial" {
                    let granted = EventInterval(from: opened - .seconds(17), to: opened - .seconds(3))
                    let newest = simulator.world.tweets(in: granted, partition: 1).map(\.description)
                    #expect(Set(newest).isSubset(of: ids))
                }
                let fired = try await simulator.fired().first ?? 0
                #expect(fired >= 1)
            }
        }

        @Test("makes everything late")
        func lag() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"{"kind":"lag","seconds":60,"duration":600}"#)
                let received = try await simulator.read(simulator.live(1, backfill: 2)) { $0.heartbeats >= 3 }
                let opened = try #require(httpDate(received.headers["date"]))
                let newest = try #require(
                    received.tweetIDs.compactMap(UInt64.init).max().flatMap { TweetID($0)?.createdAt }
                )
                #expect(newest < opened - .seconds(50))
                #expect(newest > opened - .seconds(75))
            }
        }

        @Test("ends with its name, and all of them at once")
        func removal() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                try await Self.set(simulator, #"[{"kind":"status","id":"gone"},{"kind":"silence"}]"#)
                let one = try await simulator.send("DELETE", "/faults/gone").status
                #expect(one == 200)
                let all = try await simulator.send("DELETE", "/faults").status
                #expect(all == 200)
                let received = try await simulator.read(simulator.live(1)) { $0.tweetIDs.count > 3 }
                #expect(received.status == 200)
            }
        }

        @Test("of a client that stops reading is not needed: its buffer fills and it is cut off")
        func slowReader() async throws {
            var options = RunningSimulator.options()
            options.world.rate = 1500
            options.bufferBytes = 1 << 18
            try await RunningSimulator.with(options) { simulator in
                let before = try await simulator.read(simulator.live(1)) { $0.tweetIDs.count > 10 }
                #expect(before.status == 200)
                let port = simulator.port
                let received = try await BlockingThread.run(named: "slow") {
                    try RawClient(port: port, pieceBytes: 16).get(
                        simulator.live(1, backfill: 1),
                        headers: ["Authorization: Bearer decahose"]
                    ) { _ in false }
                }
                #expect(received.closed || received.endedCleanly)
            }
        }
    }
}
