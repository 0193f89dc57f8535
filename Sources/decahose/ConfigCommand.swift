public import ArgumentParser
import FoundationEssentials
import Operations
import Services
public import Settings

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks a role's configuration without starting it, and shows what is in force.",
        discussion: """
            EXAMPLES:
              decahose config check bridge --config bridge.toml
              decahose config show dedup
            """,
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self]
    )
}

extension ConfigurationKey.Role: ExpressibleByArgument {}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Names everything that is wrong at once, with file, line and key.",
        discussion: """
            File and environment are read as the role would read them. Beside what the role itself refuses at start, it \
            reads the files of secrets and certificates and tries librdkafka's properties together. Neither Kafka nor the \
            upstream is asked: decahose topics check does the former. The exit code is 0, or 78 with problems.

            EXAMPLES:
              decahose config check bridge --config /etc/decahose/bridge.toml
              decahose config check bridge dedup coordinator tools
              set -a; . /etc/decahose/decahose.env; decahose config check coordinator --json
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "Whose settings they are; several may be given.")
    var roles: [ConfigurationKey.Role]

    @Flag(help: "One JSON object instead of lines.")
    var json = false

    func run() throws {
        var problems: [ConfigurationProblem] = []
        do throws(InvalidConfiguration) {
            let configuration = try common.configuration()
            for role in roles {
                let hostName = ProcessEnvironment.hostName
                let found = RoleConfiguration.problems(of: configuration, role: role, hostName: hostName)
                problems += found.filter { !problems.contains($0) }
            }
        } catch {
            problems = error.problems
        }
        if json {
            StandardOutput.write(try ConfigText.json(["problems": problems]))
        } else if problems.isEmpty {
            let names = roles.map(\.rawValue).joined(separator: ", ")
            StandardOutput.write("The configuration is good for \(names).\n")
        } else {
            StandardOutput.write(problems.map { "\($0)\n" }.joined())
        }
        if !problems.isEmpty { throw ExitCode(ProcessExit.configuration.rawValue) }
    }
}

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints every setting of a role as it is in force, and where it comes from.",
        discussion: """
            Defaults that depend on other settings are worked out; secrets are masked. librdkafka's own properties are \
            shown where they are given.

            EXAMPLES:
              decahose config show bridge --config bridge.toml
              decahose config show coordinator --json | jq -r '.settings[] | select(.origin != "default") | .name'
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "Whose settings they are.")
    var role: ConfigurationKey.Role

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func run() throws {
        let hostName = ProcessEnvironment.hostName
        let rows = try RoleConfiguration(common.configuration(), role: role, hostName: hostName).rows
        StandardOutput.write(json ? try ConfigText.json(["settings": rows]) : ConfigText.table(rows))
    }
}

/// What the two commands print.
private enum ConfigText {
    static func json(_ object: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(object), as: UTF8.self) + "\n"
    }

    static func table(_ rows: [RoleConfiguration.Row]) -> String {
        TextTable.text(["SETTING", "VALUE", "FROM"], rows.map { [$0.name, $0.value, $0.origin] })
    }
}
