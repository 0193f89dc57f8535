import Glibc
import Kafka
import StreamClient
import Testing
import Tweets

@Suite("A role that may open few files")
struct OpenFilesTests {
    @Test("is refused with what to do, whatever the role", arguments: ["bridge", "dedup", "coordinator"])
    func refused(role: String) throws {
        let process = try RunningExecutable(
            [role],
            environment: [
                "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "x", "DECAHOSE_BRIDGE_CONNECTION": "a",
                "DECAHOSE_DEDUP_INSTANCE": "d", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
            ],
            through: ["/bin/sh", "-c", #"ulimit -n 24 && exec "$0" "$@""#]
        )
        #expect(try process.end() == 78, "\(process.output)")
        #expect(process.output.contains("may open 24 files and sockets"), "\(process.output)")
        #expect(process.output.contains("LimitNOFILE="))
    }

    @Test("finds none left while it works: it keeps trying, and nothing is lost that it has claimed")
    func none() throws {
        let stage = try BridgeStage(rate: 200)
        let bridge = try stage.bridge()
        let url = try bridge.says("Status is served. url=")
        func claiming() throws -> Set<String> {
            Set(try stage.sessions().filter { $0.covered?.duration ?? .zero > .seconds(1) }.map(\.session))
        }
        try eventually("claims; the bridge said:\n\(bridge.output)") { try claiming().count >= 2 }
        // What is open stays open; nothing else can be opened, neither of the upstream nor of Kafka nor of the status.
        let identifier = "\(bridge.identifier)"
        try SystemCommand.run(["prlimit", "--pid", identifier, "--nofile=4:"])
        try stage.cluster.setDown()
        try stage.dropConnections()
        try eventually("both to say why they do not come back; the bridge said:\n\(bridge.output)") {
            bridge.output.matches(of: /The upstream cannot be reached/).count >= 2
        }
        _ = try? WebRequest(url: "\(url)/healthz", timeout: .seconds(1)).send()
        #expect(bridge.isRunning)
        try stage.cluster.setUp()
        let before = try claiming()
        try SystemCommand.run(["prlimit", "--pid", identifier, "--nofile=1024:"])
        try eventually("further claims; the bridge said:\n\(bridge.output.suffix(3000))") {
            try claiming().subtracting(before).count >= 2
        }
        #expect(try WebRequest(url: "\(url)/healthz").send().status == 200)
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(3000))")
        let keys = Set(try stage.rawKeys())
        for session in try stage.sessions() {
            guard let covered = session.covered else { continue }
            let truth = try stage.truth(covered, partition: session.stream.number)
            #expect(truth.isSubset(of: keys), "\(truth.subtracting(keys).count) of \(session.session) are not in raw")
        }
    }

    @Test("takes what it may give itself: the hard limit")
    func raised() throws {
        let stage = try BridgeStage(rate: 50)
        let bridge = try stage.bridge(through: ["/bin/sh", "-c", #"ulimit -S -n 24 && exec "$0" "$@""#])
        try eventually("a claim; the bridge said:\n\(bridge.output)") {
            try stage.sessions().contains { $0.covered != nil }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0)
    }
}
