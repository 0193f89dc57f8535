import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Tweets
import World

/// Reads and checks a request for a stream as the documentation says, but for budgets and faults.
struct RequestReader: Sendable {
    let options: SimulatorOptions
    /// The corpus and the options may make a world of another product than the URL names.
    let product: StreamProduct

    /// - Throws: ``Refusal``.
    func read(_ path: StreamPath, _ request: Request, at now: Instant) throws(Refusal) -> StreamRequest {
        guard path.dialect == options.dialect else {
            throw Refusal(404, "this simulator speaks \(options.dialect.rawValue); start another with --dialect")
        }
        try authorize(request)
        guard let asked = StreamProduct(rawValue: path.product), asked == product || asked == .compliance else {
            throw Refusal(404, "no product \(path.product); this simulator has \(product.rawValue) and compliance")
        }
        let acceptsGzip = (request.headers[.acceptEncoding] ?? "").contains("gzip")
        if options.dialect == .gnip, !acceptsGzip {
            throw Refusal(406, "The stream is compressed: send the header Accept-Encoding: gzip.")
        }
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            uniquingKeysWith: { _, last in last }
        )
        let range = try range(path, query, at: now)
        var stream = StreamRequest(
            dialect: options.dialect,
            product: asked,
            partition: try partition(path, asked, query),
            range: range,
            acceptsGzip: acceptsGzip,
            userAgent: request.headers[.userAgent] ?? ""
        )
        stream.name = name(request, query)
        return stream
    }

    private func authorize(_ request: Request) throws(Refusal) {
        let given = request.headers[.authorization] ?? ""
        let expected =
            switch options.dialect {
            case .gnip: "Basic " + Data("\(options.username):\(options.password)".utf8).base64EncodedString()
            case .v2: "Bearer " + options.bearerToken
            }
        guard given == expected else { throw Refusal(401, "Unauthorized") }
    }

    private func partition(_ path: StreamPath, _ asked: StreamProduct, _ query: [String: String]) throws(Refusal) -> Int
    {
        if case .replay = path { return 0 }
        let count = asked == .compliance ? options.compliancePartitions : asked.partitionCount
        guard let partition = query["partition"].flatMap(Int.init), (1...count).contains(partition) else {
            throw Refusal(badRequest, "partition must be 1 to \(count)")
        }
        return partition
    }

    private var badRequest: Int { options.dialect == .gnip ? 406 : 400 }

    private func range(
        _ path: StreamPath,
        _ query: [String: String],
        at now: Instant
    ) throws(Refusal) -> StreamRequest.Range {
        if case .replay = path { return .recovery(try replay(query, at: now)) }
        if options.dialect == .v2, query["start_time"] != nil || query["end_time"] != nil {
            return .recovery(try recovery(query, at: now))
        }
        let (key, least) = options.dialect == .gnip ? ("backfillMinutes", 1) : ("backfill_minutes", 0)
        guard let text = query[key] else { return .live(backfillMinutes: 0) }
        guard let minutes = Int(text), (least...5).contains(minutes) else {
            throw Refusal(badRequest, "\(key) must be \(least) to 5, not '\(text)'")
        }
        return .live(backfillMinutes: minutes)
    }

    private func recovery(_ query: [String: String], at now: Instant) throws(Refusal) -> EventInterval {
        guard let from = query["start_time"].flatMap({ Instant($0) }),
            let to = query["end_time"].flatMap({ Instant($0) }),
            from < to
        else { throw Refusal(400, "start_time and end_time must be YYYY-MM-DDTHH:mm:ssZ, the first before the second") }
        let window = options.recoveryWindow ?? options.dialect.recoveryWindow
        let age = options.recoveryMinAge ?? options.dialect.recoveryMinAge
        guard from >= now - window else {
            throw Refusal(400, "start_time \(from) is before the last \(window)")
        }
        guard to <= now - age else { throw Refusal(400, "end_time \(to) must be at least \(age) ago") }
        return EventInterval(from: from, to: to)
    }

    private func replay(_ query: [String: String], at now: Instant) throws(Refusal) -> EventInterval {
        guard let from = query["fromDate"].flatMap(Self.minute), let to = query["toDate"].flatMap(Self.minute),
            from < to
        else { throw Refusal(406, "fromDate and toDate must be YYYYMMDDHHMM, the first before the second") }
        let window = options.recoveryWindow ?? options.dialect.recoveryWindow
        let age = options.recoveryMinAge ?? options.dialect.recoveryMinAge
        guard from >= now - window else { throw Refusal(406, "fromDate \(from) is before the last \(window)") }
        guard from <= now - age - .seconds(60) else {
            throw Refusal(406, "fromDate \(from) must be no more recent than \(age + .seconds(60)) ago")
        }
        guard to <= now - age else { throw Refusal(406, "toDate \(to) must be no more recent than \(age) ago") }
        return EventInterval(from: from, to: to)
    }

    private static func minute(_ text: String) -> Instant? {
        let digits = Array(text)
        guard digits.count == 12, digits.allSatisfy(\.isNumber) else { return nil }
        func part(_ range: Swift.Range<Int>) -> String { String(digits[range]) }
        return Instant("\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12))Z")
    }

    /// A header, a parameter, or what stands in brackets at the end of the User-Agent.
    private func name(_ request: Request, _ query: [String: String]) -> String? {
        if let header = HTTPField.Name("X-Connection-Name"), let name = request.headers[header] { return name }
        if let name = query["connection"] { return name }
        guard let agent = request.headers[.userAgent], agent.last == ")", let open = agent.lastIndex(of: "(") else {
            return nil
        }
        return String(agent[agent.index(after: open)...].dropLast())
    }
}
