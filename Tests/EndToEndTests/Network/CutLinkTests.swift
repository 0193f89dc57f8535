import Foundation
import Glibc
import Kafka
import StreamClient
import Testing
import Tweets

@Suite("A bridge whose link is cut without a word", .serialized)
struct CutLinkTests {
    private static let prefix = "decahose"
    /// So many that the mock cluster keeps everything: 5 MB a partition.
    private static let partitions = 6

    /// What a topic's records say, by key.
    private struct Record: Sendable {
        var key: String
        var value: String
    }

    @Test(
        "it notices by the heartbeat, closes its claim before the cut, and returns with backfill; nothing is missing",
        .enabled(if: LinkedHosts.isPermitted, "needs root and `ip netns`"),
        .timeLimit(.minutes(4))
    )
    func cut() throws {
        let hosts = try LinkedHosts()
        let upstream = try RunningExecutable(
            ["simulate", "--dialect", "v2", "--listen", "\(hosts.upstreamAddress):8080", "--rate", "60"]
                + ["--latency-scale", "0.01", "--heartbeat", "1s"],
            through: hosts.command(on: .upstream)
        )
        let url = "http://\(try upstream.says("http://"))"
        let broker = try RunningExecutable(
            ["broker", "--partitions", "\(Self.partitions)"],
            through: hosts.command(on: .bridge)
        )
        let brokers = try broker.says("bootstrap.servers ")
        let bridge = try RunningExecutable(
            ["bridge"],
            environment: [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": brokers, "DECAHOSE_STREAM_API": "v2",
                "DECAHOSE_STREAM_BASE_URL": url, "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
                "DECAHOSE_STREAM_DELIVERY_SLACK": "2s", "DECAHOSE_STREAM_HEARTBEAT_TIMEOUT": "3s",
                "DECAHOSE_STREAM_SILENCE_TIMEOUT": "60s", "DECAHOSE_BRIDGE_CONNECTION": "a",
                "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
            ],
            through: hosts.command(on: .bridge)
        )
        defer { withExtendedLifetime((upstream, broker, hosts)) {} }

        func sessions() throws -> [SessionRecord] { try Self.sessions(hosts, brokers) }
        let streams = 2
        try Patience.wait("claims of both stream partitions; the bridge said:\n\(bridge.output)") {
            try sessions().filter { $0.covered != nil }.count == streams
        }
        let cutAt = Self.now()
        try hosts.cut()
        try Patience.wait("the bridge to notice; it said:\n\(bridge.output)") {
            try sessions().filter { $0.closed == .heartbeatTimeout }.count == streams
        }
        try hosts.mend()
        try Patience.wait("the bridge to come back; it said:\n\(bridge.output)") {
            try sessions().filter { $0.closed == nil && ($0.covered?.to ?? cutAt) > cutAt + .seconds(10) }.count
                == streams
        }
        bridge.send(SIGTERM)
        let exitCode = try bridge.end()
        #expect(exitCode == 0, "\(bridge.output)")
        try check(try sessions(), cutAt: cutAt, hosts: hosts, brokers: brokers, url: url)
        #expect(bridge.output.contains("reason=heartbeat-timeout"))
        #expect(bridge.output.contains("not a byte for 3 s, not even a heartbeat"))
    }

    /// Compares what the sessions claim, and what lies between them, with what the upstream knows that it sent.
    private func check(
        _ sessions: [SessionRecord],
        cutAt: Instant,
        hosts: LinkedHosts,
        brokers: String,
        url: String
    ) throws {
        let inRaw = Set(try Self.read("\(Self.prefix).raw", Self.partitions, hosts, brokers).map(\.key))
        for number in 1...2 {
            let ofStream = sessions.filter { $0.stream.number == number }.sorted { $0.session < $1.session }
            let first = try #require(ofStream.first?.covered)
            let last = try #require(ofStream.last?.covered)
            #expect(ofStream.first?.closed == .heartbeatTimeout)
            #expect(first.to <= cutAt)
            #expect(ofStream.dropFirst().allSatisfy { $0.backfill.askedMinutes >= 1 })
            // Within the claims, and between them since the simulated upstream grants the backfill, nothing may be missing.
            let window = EventInterval(from: first.from, to: last.to)
            let truth = try Self.truth(window, stream: number, hosts: hosts, url: url)
            #expect(truth.count > 300)
            let missing = truth.filter { !inRaw.contains($0) }
            #expect(missing.isEmpty, "\(missing.count) of \(truth.count) Tweets of stream partition \(number)")
        }
    }

    private static func now() -> Instant {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// The latest record of every session.
    private static func sessions(_ hosts: LinkedHosts, _ brokers: String) throws -> [SessionRecord] {
        var latest: [String: SessionRecord] = [:]
        for record in try read("\(prefix).control", 1, hosts, brokers) where record.key.hasPrefix("session:") {
            latest[record.key] = try JSONDecoder().decode(SessionRecord.self, from: Data(record.value.utf8))
        }
        return Array(latest.values)
    }

    /// Everything in a topic, in the order of each partition.
    private static func read(
        _ topic: String,
        _ partitions: Int,
        _ hosts: LinkedHosts,
        _ brokers: String
    ) throws -> [Record] {
        try hosts.run(on: .bridge) {
            let consumer = try KafkaConsumer(
                [
                    "bootstrap.servers": brokers, "group.id": "test", "enable.auto.commit": "false",
                    "enable.partition.eof": "true",
                ],
                observer: .silent
            )
            try consumer.assign(
                (0..<partitions).map {
                    KafkaPosition(topic: topic, partition: Int32($0), offset: KafkaPosition.beginning)
                }
            )
            var records: [Record] = []
            var ended: Set<Int32> = []
            while ended.count < partitions {
                switch consumer.poll(timeout: .seconds(10)) {
                case .message(let message):
                    let key = message.key.map { String(decoding: $0, as: UTF8.self) } ?? ""
                    // Tweets are compared by key; their bytes would only be carried around.
                    let isControl = topic.hasSuffix(".control")
                    let value = isControl ? message.value.map { String(decoding: $0, as: UTF8.self) } : nil
                    records.append(Record(key: key, value: value ?? ""))
                case .partitionEnd(let position): ended.insert(position.partition.partition)
                case .error(let error, _): throw error
                case .nothing: throw Patience.Over(description: "waited in vain for the end of \(topic)")
                }
            }
            return records
        }
    }

    /// The IDs that the upstream says it created in a window.
    private static func truth(
        _ window: EventInterval,
        stream: Int,
        hosts: LinkedHosts,
        url: String
    ) throws -> [String] {
        try hosts.run(on: .upstream) {
            let request = StreamRequest(
                url: "\(url)/truth?from=\(window.from)&to=\(window.to)&format=ids&partition=\(stream)",
                userAgent: "decahose-test"
            )
            let transfer = try StreamTransfer(request, waker: TransferWaker())
            var body: [UInt8] = []
            while true {
                let progress = transfer.poll(timeout: .seconds(10)) { event in
                    if case .body(let bytes) = event { body += bytes }
                    return true
                }
                if progress == .finished { break }
                guard progress == .ongoing else { throw Patience.Over(description: "/truth: \(progress)") }
            }
            return String(decoding: body, as: UTF8.self).split(separator: "\n")
                .compactMap { $0.split(separator: " ").first.map(String.init) }
        }
    }
}

/// Waits for something that happens sooner or later.
private enum Patience {
    /// It did not happen.
    struct Over: Error, CustomStringConvertible {
        var description: String
    }

    /// Asks again and again until it is so.
    static func wait(_ what: @autoclosure () -> String, until isSo: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while try !isSo() {
            guard ContinuousClock.now < deadline else { throw Over(description: "waited in vain for \(what())") }
            usleep(100_000)
        }
    }
}
