import Ingest
import Settings
import StreamClient
import Testing
import Tweets

@testable import Services

@Suite("What an operator is told to do")
struct ConnectionAdviceTests {
    private func settings(_ more: [String: String] = [:]) throws -> StreamSettings {
        var environment = [
            "DECAHOSE_STREAM_ACCOUNT": "acme", "DECAHOSE_STREAM_USERNAME": "ops@acme.example",
            "DECAHOSE_STREAM_PASSWORD_FILE": "/run/secrets/x", "DECAHOSE_BRIDGE_CONNECTION": "a",
        ]
        environment.merge(more) { _, new in new }
        return try BridgeSettings(Configuration(file: nil, environment: environment)).stream
    }

    @Test(
        "an error that waiting does not mend names the setting that does",
        arguments: [
            (60, "SSL certificate problem: unable to get local issuer certificate", "stream.ca_file"),
            (77, "error setting certificate verify locations", "stream.ca_file"),
            (5, "Could not resolve proxy: p", "stream.proxy"),
            (56, "CONNECT tunnel failed, response 407", "stream.proxy"), (97, "SOCKS5", "stream.proxy"),
        ]
    )
    func setup(code: Int, text: String, setting: String) throws {
        let settings = try settings(["DECAHOSE_STREAM_PROXY": "http://robot:swordfish@p:3128"])
        let end = TransferEnd(.connection(code: code, text), settings: settings)
        guard case .setup(let told) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(told.contains(text) && told.contains(setting))
        #expect(!told.contains("swordfish"))
    }

    @Test("an error of the network stays one")
    func network() throws {
        let settings = try settings()
        for code in [6, 7, 28, 52, 56] {
            guard case .network = TransferEnd(.connection(code: code, "x"), settings: settings) else {
                Issue.record("libcurl error \(code)")
                continue
            }
        }
    }

    @Test("a refusal names the file to look at")
    func statuses() throws {
        let settings = try settings()
        for status in [401, 403] {
            let advice = try #require(ConnectionAdvice.mending(status: status, settings))
            #expect(advice.contains("stream.username") && advice.contains("stream.password_file ('/run/secrets/x'"))
        }
        #expect(ConnectionAdvice.mending(status: 302, settings)?.contains("stream.base_url") == true)
        for status in [429, 420, 500, 503] { #expect(ConnectionAdvice.mending(status: status, settings) == nil) }
    }
}
