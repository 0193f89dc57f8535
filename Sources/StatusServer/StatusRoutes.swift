import HTTPTypes
import Hummingbird
import NIOCore
import Operations

/// The paths that every role answers, and the ones its board offers.
struct StatusRoutes: Sendable {
    /// A change is described in a few lines; more is no request of ours.
    static let bodyBytesMax = 65536

    let board: StatusBoard
    let metrics: MetricsRegistry
    let token: (@Sendable () -> String?)?
    private let events = EventFeed()

    init(board: StatusBoard, metrics: MetricsRegistry, token: (@Sendable () -> String?)?) {
        self.board = board
        self.metrics = metrics
        self.token = token
    }

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/healthz") { _, _ in Self.text(.ok, "ok\n") }
        router.get("/readyz") { _, _ in
            let problems = board.problems
            guard !problems.isEmpty else { return Self.text(.ok, "ready\n") }
            return Self.text(.serviceUnavailable, problems.joined(separator: "\n") + "\n")
        }
        router.get("/metrics") { _, _ in
            Self.respond(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(metrics.prometheusText().utf8))
        }
        router.get("/") { request, _ in show(request) }
        router.get("/**") { request, _ in show(request) }
        router.post("/**") { request, _ in try await post(request) }
        return router
    }

    private func show(_ request: Request) -> Response {
        let path = request.uri.path
        if let feed = board.feed(at: path) {
            return events.follow(feed, headers: Self.headers(feed.contentType))
                ?? Self.text(.serviceUnavailable, "too many follow \(path) already\n")
        }
        guard let document = board.document(at: path) else {
            let known = (["/healthz", "/readyz", "/metrics"] + board.paths).joined(separator: " ")
            return Self.text(.notFound, "nothing at \(path); there is: \(known)\n")
        }
        return Self.respond(.ok, document.contentType, document.body())
    }

    private func post(_ request: Request) async throws -> Response {
        guard let action = board.action(at: request.uri.path) else {
            return Self.problem(.notFound, "nothing can be changed at \(request.uri.path)")
        }
        guard let token, let expected = token() else {
            return Self.problem(.forbidden, "changes over HTTP are off; set coordinator.token to allow them")
        }
        guard Self.isEqual(request.headers[.authorization] ?? "", "Bearer \(expected)") else {
            return Self.problem(.unauthorized, "send the header 'Authorization: Bearer <coordinator.token>'")
        }
        let body = try await request.body.collect(upTo: Self.bodyBytesMax)
        let answer = await action(Array(body.readableBytesView))
        return Self.respond(.init(code: answer.status), "application/json", Array(answer.json.utf8))
    }

    /// Compares in time that depends on the lengths only.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        respond(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    private static func problem(_ status: HTTPResponse.Status, _ text: String) -> Response {
        respond(status, "application/json", Array("{\"error\":\(JSONText.quoted(text))}\n".utf8))
    }

    private static func respond(_ status: HTTPResponse.Status, _ contentType: String, _ body: [UInt8]) -> Response {
        Response(status: status, headers: headers(contentType), body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// The page may load its own files and follow its own feed, and nobody may frame it.
    private static func headers(_ contentType: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        if let name = HTTPField.Name("X-Frame-Options") { headers[name] = "DENY" }
        return headers
    }
}
