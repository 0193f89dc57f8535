import Foundation
import Glibc
import StreamClient

/// A real headless Chromium, steered over WebDriver (https://www.w3.org/TR/webdriver2/).
final class Browser {
    /// What the driver did not do.
    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    private static let path = "/usr/bin/chromedriver"

    /// Whether one is installed: Debian's `chromium-driver`.
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: path) }

    private let driver = Process()
    private let base: String
    private var session = ""

    /// Opens a window of `width` by `height`.
    init(width: Int, height: Int) throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "chromedriver-\(UUID().uuidString).log")
        try Data().write(to: log)
        defer { try? FileManager.default.removeItem(at: log) }
        driver.executableURL = URL(filePath: Self.path)
        driver.arguments = ["--port=0"]
        driver.standardOutput = try FileHandle(forWritingTo: log)
        driver.standardError = driver.standardOutput
        try driver.run()
        var port: Substring?
        let deadline = ContinuousClock.now + .seconds(30)
        while port == nil, ContinuousClock.now < deadline {
            usleep(50_000)
            let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
            port = text.range(of: "started successfully on port ").map {
                text[$0.upperBound...].prefix(while: \.isNumber)
            }
        }
        guard let port else { throw Refused(description: "chromedriver does not start") }
        base = "http://127.0.0.1:\(port)"
        let options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--window-size=\(width),\(height)",
            ]
        ]
        let answer = try ask(
            "POST",
            "/session",
            ["capabilities": ["alwaysMatch": ["browserName": "chrome", "goog:chromeOptions": options]]]
        )
        session = (answer as? [String: Any])?["sessionId"] as? String ?? ""
    }

    deinit {
        _ = try? ask("DELETE", "/session/\(session)")
        driver.terminate()
    }

    func open(_ url: String) throws {
        _ = try ask("POST", "/session/\(session)/url", ["url": url])
    }

    /// Runs JavaScript in the page; `script` returns a string.
    func text(_ script: String) throws -> String {
        let answer = try ask("POST", "/session/\(session)/execute/sync", ["script": script, "args": [String]()])
        return answer as? String ?? ""
    }

    /// The visible text of the first element that a selector finds.
    func text(of selector: String) throws -> String {
        try text("return document.querySelector('\(selector)').innerText")
    }

    /// Waits until `isTrue` of an element's text.
    func wait(for selector: String, within seconds: Double = 60, _ isTrue: (String) -> Bool) throws -> String {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last = ""
        while ContinuousClock.now < deadline {
            last = try text(of: selector)
            if isTrue(last) { return last }
            usleep(200_000)
        }
        throw Refused(description: "\(selector) did not become as expected in \(seconds) s; it is: \(last)")
    }

    /// What the window shows, as PNG.
    func screenshot() throws -> Data {
        Data(base64Encoded: try ask("GET", "/session/\(session)/screenshot") as? String ?? "") ?? Data()
    }

    /// Everything that the page wrote to its console at level warning and above, refusals by its policy included.
    func complaints() throws -> [String] {
        let answer = try ask("POST", "/session/\(session)/se/log", ["type": "browser"])
        return (answer as? [[String: Any]] ?? []).compactMap { $0["message"] as? String }
    }

    private func ask(_ method: String, _ path: String, _ body: [String: Any] = [:]) throws -> Any? {
        let bytes = try JSONSerialization.data(withJSONObject: body)
        let answer = try WebRequest(
            method: method,
            url: base + path,
            body: method == "POST" ? Array(bytes) : [],
            headers: ["Content-Type: application/json"],
            timeout: .seconds(60)
        ).send()
        let value = (try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["value"]
        guard answer.status == 200 else {
            throw Refused(description: "\(method) \(path): \(String(decoding: answer.body.prefix(500), as: UTF8.self))")
        }
        return value
    }
}
