public import ArgumentParser
import Operations
public import Services
import Settings

extension AccessTable.User: ExpressibleByArgument {}

struct TopicsACLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acls",
        abstract:
            "Prints the ACLs that a role needs, as commands of Kafka's own tool; asks nobody and changes nothing.",
        discussion: """
            The least that works: a cluster with ACLs refuses a role that lacks one of them. consumer is a program of yours \
            that reads the clean topic. The commands read the administrator's connection from admin.properties.

            EXAMPLES:
              decahose topics acls bridge --principal User:decahose-bridge
              decahose topics acls dedup --principal User:CN=dedup --config decahose.toml | sh
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "Who shall be allowed.")
    var user: AccessTable.User

    @Option(help: ArgumentHelp("The user as Kafka calls it (default: User:decahose-<role>).", valueName: "principal"))
    var principal: String?

    func run() throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let commands = AccessTable.commands(
            AccessTable.rules(for: user, settings.common.topics),
            principal: principal ?? "User:decahose-\(user.rawValue)",
            servers: settings.common.bootstrapServers
        )
        StandardOutput.write(commands)
    }
}
