import Glibc
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
