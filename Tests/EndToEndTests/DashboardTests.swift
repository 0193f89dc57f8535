import Foundation
import Glibc
import Testing

@Suite("The coordinator's page in a real browser", .serialized)
struct DashboardTests {
    private static let noBrowser: Comment = "chromium-driver is not installed"

    @Test(
        "shows who reads, notices by itself when bridges die, and shows the gap and its recovery",
        .enabled(if: Browser.isThere, noBrowser),
        .timeLimit(.minutes(5))
    )
    func life() throws {
        let broker = try RunningExecutable(["broker", "--json"])
        let upstream = try RunningExecutable(["simulate", "--dialect", "v2", "--rate", "200", "--json"])
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": try Self.field("bootstrapServers", try broker.says("{")),
            "DECAHOSE_STREAM_BASE_URL": try Self.field("url", try upstream.says("{")),
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
            "DECAHOSE_STREAM_DELIVERY_SLACK": "10s", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        func bridge(_ name: String, _ more: [String: String] = [:]) throws -> RunningExecutable {
            try RunningExecutable(
                ["bridge"],
                environment: environment.merging(["DECAHOSE_BRIDGE_CONNECTION": name]) { $1 }.merging(more) { $1 }
            )
        }
        let a = try bridge("a")
        let b = try bridge("b")
        let coordinator = try RunningExecutable(["coordinator"], environment: environment)
        let url = try coordinator.says("Status is served. url=")
        let browser = try Browser(width: 1280, height: 1600)
        try browser.open(url)

        let steady = try browser.wait(for: "#connections tbody") { $0.components(separatedBy: "reads").count == 5 }
        #expect(steady.contains("sample10/1") && steady.contains("sample10/2"))
        _ = try browser.wait(for: "#verdict") { $0.hasPrefix("✓") }
        // Its own claim grows without anybody touching the page.
        _ = try browser.wait(for: "#timelines") { $0.contains("a delivered") && !$0.contains("a delivered –") }
        try Self.keep(browser, "steady")

        a.send(SIGKILL)
        _ = try browser.wait(for: "#verdict") { $0.hasPrefix("▲") }
        #expect(try browser.text(of: "#problems").contains("a is silent, b reads alone"))
        _ = try browser.wait(for: "#story") { $0.contains("connection a of sample10/1 fell silent") }

        b.send(SIGKILL)
        _ = try browser.wait(for: "#problems") { $0.contains("Nobody reads sample10/1") }
        let growing = try browser.wait(for: "#gaps tbody") { $0.contains("open") || $0.contains("closed") }
        #expect(growing.contains("sample10/1"))
        try Self.keep(browser, "gap")

        // The upstream grants no backfill, so only a recovery can fill what was missed.
        let again = try bridge("b", ["DECAHOSE_STREAM_BACKFILL": "false"])
        let filled = try browser.wait(for: "#gaps tbody", within: 120) {
            $0.components(separatedBy: "filled").count == 3
        }
        #expect(!filled.contains("unrecoverable"))
        #expect(try browser.text(of: "#jobs tbody").contains("completed"))
        let drawn = try browser.text(
            "return String(document.querySelectorAll('#timelines rect[fill=\"url(#recovered)\"]').length)"
        )
        #expect(Int(drawn) ?? 0 >= 2, "the recovery is drawn on both timelines")
        try Self.keep(browser, "filled")
        #expect(try browser.complaints() == [], "the page breaks its own policy or fails")

        coordinator.send(SIGTERM)
        #expect(try coordinator.end() == 0)
        _ = try browser.wait(for: "#verdict") { $0.contains("No answer from the coordinator") }
        withExtendedLifetime((broker, upstream, again)) {}
    }

    @Test(
        "needs no sideways scrolling on a phone, and asks nothing of anybody else",
        .enabled(if: Browser.isThere, noBrowser),
        .timeLimit(.minutes(2))
    )
    func phone() throws {
        let broker = try RunningExecutable(["broker", "--json"])
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": try Self.field("bootstrapServers", try broker.says("{")),
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        let coordinator = try RunningExecutable(["coordinator"], environment: environment)
        let browser = try Browser(width: 500, height: 900)
        let url = try coordinator.says("Status is served. url=")
        try browser.open(url)
        _ = try browser.wait(for: "#verdict") { $0.hasPrefix("✕") }
        let fits = "return String(document.documentElement.scrollWidth <= document.documentElement.clientWidth)"
        #expect(try browser.text(fits) == "true")
        let hosts =
            "return [...new Set(performance.getEntriesByType('resource').map(e => new URL(e.name).origin))].join()"
        #expect(try browser.text(hosts) == url)
        try Self.keep(browser, "phone")
        withExtendedLifetime(broker) {}
    }

    /// A field of the JSON object whose opening brace has been read.
    private static func field(_ name: String, _ rest: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data("{\(rest)".utf8)) as? [String: Any]
        return try #require(object?[name] as? String, "no \(name) in {\(rest)")
    }

    /// Keeps what the browser shows where `DECAHOSE_TEST_SCREENSHOTS` names a folder, for people to look at.
    private static func keep(_ browser: Browser, _ name: String) throws {
        let picture = try browser.screenshot()
        #expect(picture.count > 10_000, "an empty picture")
        guard let folder = ProcessInfo.processInfo.environment["DECAHOSE_TEST_SCREENSHOTS"] else { return }
        try picture.write(to: URL(filePath: folder).appending(path: "dashboard-\(name).png"))
    }
}
