import Foundation
import Testing

@Suite("The command line as a user meets it")
struct CommandLineTests {
    @Test("every subcommand's help says what it is for and gives an example")
    func help() throws {
        let root = try BuiltExecutable.run(["--help"])
        #expect(root.exitCode == 0)
        let section = try #require(root.output.range(of: "SUBCOMMANDS:")).upperBound
        let commands = root.output[section...].split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
            return line.split(separator: " ").first.map(String.init)
        }.filter { $0 != "See" && $0 != "help" }
        #expect(commands.count >= 8, "\(commands)")
        for command in commands {
            let help = try BuiltExecutable.run([command, "--help"])
            #expect(help.exitCode == 0)
            #expect(help.output.contains("OVERVIEW:"), "\(command)")
            #expect(help.output.uppercased().contains("EXAMPLE"), "\(command) gives no example")
        }
    }

    @Test("a wrong configuration is told whole, with exit code 78, and shows no secret")
    func configuration() throws {
        let result = try BuiltExecutable.run(
            ["bridge"],
            environment: [
                "DECAHOSE_STREAM_API": "v3", "DECAHOSE_STREAM_PASWORD": "hunter2", "DECAHOSE_KAFKA_ACKS": "1",
                "DECAHOSE_BRIDGE_CONNECTION": "a b",
            ]
        )
        #expect(result.exitCode == 78)
        for part in ["stream.api", "DECAHOSE_STREAM_PASWORD", "DECAHOSE_STREAM_PASSWORD", "bridge.connection"] {
            #expect(result.errors.contains(part), "\(part) is not named in: \(result.errors)")
        }
        #expect(!result.errors.contains("hunter2"))
    }

    @Test("a protected librdkafka property is refused with the reason")
    func protected() throws {
        let result = try BuiltExecutable.run(
            ["bridge"],
            environment: [
                "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "t", "DECAHOSE_KAFKA_ACKS": "1",
                "DECAHOSE_BRIDGE_CONNECTION": "a",
            ]
        )
        #expect(result.exitCode == 78)
        #expect(result.errors.contains("kafka.acks: cannot be set"))
    }

    @Test("an unknown option is a matter of usage")
    func usage() throws {
        let result = try BuiltExecutable.run(["bridge", "--conection", "a"])
        #expect(result.exitCode == 64)
    }
}
