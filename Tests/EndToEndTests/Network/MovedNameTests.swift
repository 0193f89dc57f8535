import Foundation
import Glibc
import Testing
import Tweets

@Suite("A bridge whose upstream moves to another address", .serialized)
struct MovedNameTests {
    /// What runs a command with a hosts file of its own: a mount that nobody else sees.
    private static func command(hosts: String) -> [String] {
        ["/usr/bin/env", "unshare", "--mount", "sh", "-c", #"mount --bind "$0" /etc/hosts && exec "$@""#, hosts]
    }

    private static let isPermitted =
        (try? SystemCommand.run(Array(command(hosts: "/etc/hosts").dropFirst()) + ["true"])) != nil

    @Test(
        "resolves the name again at the next attempt",
        .enabled(if: MovedNameTests.isPermitted, "needs root and a mount namespace"),
        .timeLimit(.minutes(4))
    )
    func moved() throws {
        let stage = try BridgeStage(rate: 60)
        let port = stage.upstreamPort
        let hosts = FileManager.default.temporaryDirectory.appending(path: "decahose-test-hosts-\(UUID().uuidString)")
        // Written in place: what is mounted is the file and not its name.
        func say(_ address: String) throws { try Data("\(address) upstream.test\n".utf8).write(to: hosts) }
        try say("127.0.0.1")
        defer { try? FileManager.default.removeItem(at: hosts) }
        let bridge = try stage.bridge(
            ["DECAHOSE_STREAM_BASE_URL": "http://upstream.test:\(port)"],
            through: Self.command(hosts: hosts.path)
        )
        try eventually("claims; the bridge said:\n\(bridge.output)") {
            try stage.sessions().contains { $0.covered != nil }
        }
        // The successor listens where the name has never pointed to.
        let successor = try RunningExecutable(
            ["simulate", "--dialect", "v2", "--rate", "60", "--latency-scale", "0.01", "--request-limit", "0"]
                + ["--listen", "127.0.0.2:\(port)"]
        )
        try successor.says("http://")
        try stage.killUpstream()
        try eventually("attempts at the old address") { bridge.output.contains("reconnect in") }
        let before = try Set(stage.sessions().map(\.session))
        try say("127.0.0.2")
        try eventually("a session with the successor; the bridge said:\n\(bridge.output)") {
            try stage.sessions().contains { $0.covered != nil && !before.contains($0.session) }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output)")
        withExtendedLifetime(successor) {}
    }
}
