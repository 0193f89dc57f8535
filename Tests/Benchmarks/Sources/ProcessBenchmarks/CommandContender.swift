import Glibc

/// A command line that reads the stream to its end: the bare C floor, or a pipe of other people's tools.
///
/// Its whole life is measured, which is milliseconds more than its work.
struct CommandContender: Contender {
    let name: String
    /// The command of a shell, in which `$URL`, `$SERVERS` and `$TOPIC` are set.
    let command: String

    func run(_ stage: Stage, memberCount: Int) -> Run {
        let before = stage.broker.rawCount()
        let count = memberCount * stage.body.tweetsPerMember
        let start = ContinuousClock.now
        stage.feeder.serveNext(memberCount: memberCount, endsAnswer: true) {}
        let process = ChildProcess(
            ["/bin/bash", "-c", "set -o pipefail; \(command)"],
            environment: [
                "URL": stage.feeder.url, "SERVERS": stage.broker.servers, "TOPIC": stage.broker.topics.raw,
            ]
        )
        let end = process.wait()
        if end.status != 0 { stop("\(name): it ended with \(end.status)") }
        stage.expect(count, after: before, of: name)
        return Run(
            cpuSeconds: end.cpuSeconds,
            seconds: (ContinuousClock.now - start) / .seconds(1)
        )
    }
}

extension CommandContender {
    /// The least work with the same libraries.
    static func floor(directory: String) -> CommandContender {
        CommandContender(name: "bare C floor", command: "exec '\(directory)/BridgeFloor' $URL $SERVERS $TOPIC")
    }

    private static let kcat =
        "kcat -P -b $SERVERS -t $TOPIC -z lz4 -X enable.idempotence=true -X acks=all -X message.timeout.ms=0"
        + " -X batch.size=1000000 -X message.max.bytes=8388608"

    /// What somebody would type.
    static let unkeyedPipe = CommandContender(
        name: "curl | zcat | kcat",
        command: "curl -sN -H 'Accept-Encoding: gzip' $URL | zcat | \(kcat)"
    )

    /// The same with the Tweet's ID as key.
    static let keyedPipe = CommandContender(
        name: "curl | zcat | jq | kcat -K",
        command: #"curl -sN -H 'Accept-Encoding: gzip' $URL | zcat | jq -r '.id_str + "\t" + tojson' | "#
            + #"\#(kcat) -K "$(printf '\t')""#
    )

    /// Whether every tool that it needs is there.
    static func isInstalled(_ tools: [String]) -> Bool {
        tools.allSatisfy { tool in
            ["/usr/bin", "/usr/local/bin", "/bin"].contains { access("\($0)/\(tool)", X_OK) == 0 }
        }
    }
}
