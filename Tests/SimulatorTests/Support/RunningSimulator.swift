import Foundation
import Logging
import Operations
import Simulator
import Tweets
import World

/// A simulator in this process, on a free port of loopback.
struct RunningSimulator: Sendable {
    let options: SimulatorOptions
    let port: Int

    /// The world that it serves, made anew from the options.
    var world: World { World(options.world) }

    /// Options of a small, quick world: 40 Tweets/s since three minutes ago, whose latency ends below 1.2 s.
    static func options(dialect: StreamDialect = .v2) -> SimulatorOptions {
        var options = SimulatorOptions()
        options.dialect = dialect
        options.world.seed = 5
        options.templateCount = 24
        options.world.rate = 40
        options.world.latencyScale = 0.01
        options.world.deleteDelay = .seconds(2)
        options.world.start = WallClock.now() - .seconds(180)
        options.requestLimit = 0
        options.heartbeat = .milliseconds(250)
        options.backfillSpeed = 0
        return options
    }

    /// Runs a simulator for as long as `body` runs.
    static func with<Result: Sendable>(
        _ options: SimulatorOptions,
        _ body: @escaping @Sendable (RunningSimulator) async throws -> Result
    ) async throws -> Result {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "simulator")
        logger.logLevel = .critical
        let server = SimulatorServer(options: options, logger: logger) { port in
            announce.yield(port)
            announce.finish()
        }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            group.addTask {
                for await port in ports { return try await body(RunningSimulator(options: options, port: port)) }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    // MARK: Requests

    /// The path of a live stream.
    func live(_ partition: Int, backfill: Int? = nil, product: String = "sample10") -> String {
        switch options.dialect {
        case .gnip:
            "/stream/\(product)/accounts/me/publishers/twitter/prod.json?partition=\(partition)"
                + (backfill.map { "&backfillMinutes=\($0)" } ?? "")
        case .v2:
            "/2/tweets/\(product)/stream?partition=\(partition)" + (backfill.map { "&backfill_minutes=\($0)" } ?? "")
        }
    }

    /// The path of a recovery.
    func recovery(_ partition: Int, _ interval: EventInterval) -> String {
        switch options.dialect {
        case .gnip:
            "/replay/sample10/accounts/me/publishers/twitter/prod.json?fromDate=\(interval.from.replayMinute)"
                + "&toDate=\(interval.to.replayMinute)"
        case .v2:
            "/2/tweets/sample10/stream?partition=\(partition)&start_time=\(interval.from.isoSecond)"
                + "&end_time=\(interval.to.isoSecond)"
        }
    }

    /// Reads a stream until `isDone` says so, it ends, or a minute has passed.
    func read(
        _ path: String,
        headers: [String]? = nil,
        name: String? = nil,
        until isDone: @escaping @Sendable (ReceivedStream) -> Bool = { _ in false }
    ) async throws -> ReceivedStream {
        let usual = [
            "Accept-Encoding: gzip",
            options.dialect == .gnip
                ? "Authorization: Basic " + Data("\(options.username):\(options.password)".utf8).base64EncodedString()
                : "Authorization: Bearer \(options.bearerToken)",
        ]
        let all = (headers ?? usual) + (name.map { ["X-Connection-Name: \($0)"] } ?? [])
        let port = port
        return try await BlockingThread.run(named: "reader") {
            try RawClient(port: port).get(path, headers: all, until: isDone)
        }
    }

    /// Sends a small request and returns its status and body.
    @discardableResult
    func send(_ method: String, _ path: String, _ body: String = "") async throws -> (status: Int, body: String) {
        let port = port
        return try await BlockingThread.run(named: "control") {
            let answer = try RawClient(port: port).get(path, method: method, headers: [], body: body) { _ in false }
            return (answer.status, String(decoding: answer.wire, as: UTF8.self))
        }
    }

    /// How often the faults fired, in their order.
    func fired() async throws -> [Int] {
        let body = try await send("GET", "/faults").body
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return (object?["faults"] as? [[String: Any]] ?? []).map { $0["fired"] as? Int ?? -1 }
    }

    /// The IDs that exist in an interval, as the simulator tells them.
    func truth(_ interval: EventInterval, partition: Int) async throws -> [String] {
        let path = "/truth?format=ids&partition=\(partition)&from=\(interval.from)&to=\(interval.to)"
        let body = try await send("GET", path).body
        return body.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
    }
}
