import Foundation
import Logging
import Operations
import Simulator
import StreamClient
import Tweets
import World

/// The simulated upstream in this process: a small world whose slowest Tweet comes a little over a second late.
struct SimulatedUpstream: Sendable {
    let port: Int
    /// The truth.
    let world: World

    var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Runs an upstream for as long as `body` runs.
    ///
    /// - Parameter rate: Tweets a second, over two stream partitions.
    static func with(
        rate: Double = 80,
        _ body: @escaping @Sendable (SimulatedUpstream) async throws -> Void
    ) async throws {
        var options = SimulatorOptions()
        options.dialect = .v2
        options.bearerToken = "secret-of-the-test"
        // Short, since the mock cluster keeps no more than 5 MB of a partition.
        options.corpus = [Array(#"{"data":{"id":"1500000000000000012","text":"a Tweet"}}"#.utf8)]
        options.world.rate = rate
        options.world.latencyScale = 0.01
        options.world.deleteShare = 0
        options.world.editShare = 0
        options.world.seed = UInt64.random(in: 1...1_000_000)
        options.world.start = WallClock.now() - .seconds(600)
        options.heartbeat = .milliseconds(250)
        options.requestLimit = 0
        options.backfillSpeed = 60
        let simulated = options
        let (ports, announce) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "simulator")
        logger.logLevel = .critical
        let server = SimulatorServer(options: simulated, logger: logger) { announce.yield($0) }
        // Detached: a test blocks its own thread, which a child task would share.
        let serving = Task.detached { try await server.run() }
        defer { serving.cancel() }
        for await port in ports {
            try await body(SimulatedUpstream(port: port, world: World(simulated.world)))
            return
        }
    }

    /// Sets faults: a JSON list.
    func set(_ faults: String) throws {
        let answer = try WebRequest(method: "POST", url: "\(baseURL)/faults", body: Array(faults.utf8)).send()
        guard answer.status == 200 else { throw Timeout(what: String(decoding: answer.body, as: UTF8.self)) }
    }

    /// How often the faults struck, in their order.
    func fired() throws -> [Int] {
        let answer = try WebRequest(url: "\(baseURL)/faults").send()
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return (object?["faults"] as? [[String: Any]] ?? []).map { $0["fired"] as? Int ?? -1 }
    }

    /// The Tweets of a claim that are not among these keys of raw: what was lost without a word.
    func missing(from claim: EventInterval, of partition: Int, in keys: Set<String>) -> [TweetID] {
        world.tweets(in: claim, partition: partition).filter { !keys.contains($0.description) }
    }
}
