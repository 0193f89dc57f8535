import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore
import Operations
import Tweets
import World

/// What a test or an operator asks the simulator itself.
struct ControlService: Sendable {
    static let bodyBytesMax = 1 << 20

    let options: SimulatorOptions
    let world: World
    let registry: StreamRegistry
    let started: Instant

    func respond(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        if request.method == .get, request.uri.path == "/truth" {
            switch truth(request) {
            case .success(let document): try await document.write(to: writer)
            case .failure(let refusal):
                try await Answer.problem(refusal.status, refusal.detail).write(to: writer)
            }
            return
        }
        let body = try await request.body.collect(upTo: Self.bodyBytesMax)
        try await answer(request, Data(body.readableBytesView)).write(to: writer)
    }

    private func answer(_ request: Request, _ body: Data) -> Answer {
        let path = request.uri.path
        switch (request.method, path) {
        case (.get, "/healthz"): return Answer(json: "{\"ok\":true}\n")
        case (.get, "/status"): return Answer(json: status() + "\n")
        case (.get, "/connections"):
            return Answer(json: #"{"connections":[\#(connections())]}"# + "\n")
        case (.get, "/faults"): return faults(registry.withFaults(\.faults))
        case (.post, "/faults"): return setFaults(body)
        case (.delete, "/faults"):
            registry.withFaults { $0.removeAll() }
            return Answer(json: "{\"faults\":[]}\n")
        case (.delete, _) where path.hasPrefix("/faults/"):
            let id = String(path.dropFirst("/faults/".count))
            guard registry.withFaults({ $0.remove(id) }) else { return .problem(404, "no fault '\(id)'") }
            return faults(registry.withFaults(\.faults))
        default:
            return .problem(
                404,
                "nothing at \(request.method.rawValue) \(path); there is: /status /connections /faults /truth /healthz and the API's streams"
            )
        }
    }

    // MARK: Faults

    private func setFaults(_ body: Data) -> Answer {
        let decoder = JSONDecoder()
        let list: [Fault]
        do {
            list =
                try body.first == UInt8(ascii: "[")
                ? decoder.decode([Fault].self, from: body) : [decoder.decode(Fault.self, from: body)]
        } catch {
            let kinds = FaultKind.allCases.map(\.rawValue).joined(separator: " ")
            return .problem(400, "a fault or a list of faults is wanted, kinds \(kinds): \(error)")
        }
        let now = WallClock.now()
        return faults(registry.withFaults { plan in list.map { plan.add($0, at: now) } })
    }

    private func faults(_ faults: [Fault]) -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(["faults": faults]) else {
            return .problem(500, "faults cannot be written")
        }
        return Answer(json: String(decoding: data, as: UTF8.self) + "\n")
    }

    // MARK: Truth

    private func truth(_ request: Request) -> Result<TruthDocument, Refusal> {
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            uniquingKeysWith: { _, last in last }
        )
        return Result { () throws(Refusal) in
            let now = WallClock.now()
            func time(_ key: String, _ fallback: Instant) throws(Refusal) -> Instant {
                guard let text = query[key] else { return fallback }
                // A plus sign of an offset arrives as a blank where the client did not escape it.
                guard let instant = Instant(text.replacing(" ", with: "+")) else {
                    throw Refusal(400, "\(key) must be ISO 8601, such as \(now), not '\(text)'")
                }
                return instant
            }
            guard let format = TruthDocument.Format(rawValue: query["format"] ?? "json") else {
                throw Refusal(400, "format must be json, ndjson or ids")
            }
            let interval = EventInterval(
                from: try time("from", world.options.start),
                to: min(now, try time("to", now))
            )
            return TruthDocument(
                world: world,
                interval: interval,
                format: format,
                deletedBy: try time("deleted_by", now),
                partition: query["partition"].flatMap(Int.init)
            )
        }
    }

    // MARK: Status

    private func status() -> String {
        let totals = registry.totals
        let refused = totals.refused.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
            .joined(separator: ",")
        return #"{"dialect":"\#(options.dialect.rawValue)","product":"\#(world.options.product.rawValue)","#
            + #""seed":\#(options.world.seed),"rate":\#(options.world.rate),"start":"\#(world.options.start)","#
            + #""now":"\#(WallClock.now())","started":"\#(started)","latencyMaxSeconds":\#(seconds(world.latencyMax)),"#
            + #""compression":"\#(options.isSpliced ? "spliced" : "stream")","opened":\#(totals.opened),"#
            + #""refused":{\#(refused)},"slowTicks":\#(totals.slowTicks),"connections":[\#(connections())]}"#
    }

    private func seconds(_ duration: Duration) -> Double { Double(duration.milliseconds) / 1000 }

    private func connections() -> String {
        registry.streams.map { stream in
            let progress = stream.current
            let reached = progress.reached.map { "\"\($0)\"" } ?? "null"
            let name = stream.target.name.map(JSONText.quoted) ?? "null"
            return #"{"id":\#(stream.target.connection),"name":\#(name),"role":"\#(stream.target.role.rawValue)","#
                + #""product":"\#(stream.request.product.rawValue)","partition":\#(stream.target.partition),"#
                + #""place":\#(stream.place),"remote":"\#(stream.remote)","since":"\#(stream.target.opened)","#
                + #""userAgent":\#(JSONText.quoted(stream.request.userAgent)),"wireBytes":\#(progress.wireBytes),"#
                + #""plainBytes":\#(progress.plainBytes),"tweets":\#(progress.tweets),"notices":\#(progress.notices),"#
                + #""heartbeats":\#(progress.heartbeats),"withheld":\#(progress.withheld),"reached":\#(reached),"#
                + #""behind":\#(progress.isBehind)}"#
        }.joined(separator: ",")
    }
}
