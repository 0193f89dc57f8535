import ArgumentParser
import Glibc
import Operations
import Settings

@main
struct Decahose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decahose",
        abstract: "X's Decahose into Kafka: no Tweet lost, none delivered twice.",
        discussion: """
            Try it:   decahose demo
            For real: decahose topics create, then on two hosts: decahose bridge, and anywhere: decahose dedup and
                      decahose coordinator. Consumers read the topic <prefix>.tweets with isolation.level=read_committed.
            """,
        version: Version.text,
        subcommands: [
            DemoCommand.self, SimulateCommand.self, BrokerCommand.self, ConfigCommand.self, TopicsCommand.self,
            BridgeCommand.self, DedupCommand.self, CoordinatorCommand.self, TailCommand.self, GapsCommand.self,
            JobsCommand.self, CoverageCommand.self, StatusCommand.self, BackfillCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as InvalidConfiguration {
            fail(ProcessExit.configuration, "The configuration cannot be used:\n\(error)")
        } catch let error as ExitError {
            fail(error.code, error.description)
        } catch {
            // What is neither usage nor help nor one of ours should not have happened.
            guard !(error is ExitCode), exitCode(for: error) == .failure else { exit(withError: error) }
            fail(.defect, "decahose ran into a defect; please report it: \(error)")
        }
    }

    private static func fail(_ code: ProcessExit, _ text: String) -> Never {
        StandardError.write(text + "\n")
        Glibc.exit(code.rawValue)
    }
}
