import ArgumentParser

@main
struct Decahose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decahose",
        abstract: "The Decahose into Kafka: no Tweet lost, none delivered twice.",
        subcommands: []
    )
}
