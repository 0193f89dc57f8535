import ArgumentParser
import Operations
import Services
import Settings

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Lists the recovery jobs with their progress; pauses, resumes, cancels or slows one.",
        discussion: """
            EXAMPLES:
              decahose jobs --watch
              decahose jobs pause sample10-1-20261123T222351000Z-1
            """,
        subcommands: [
            JobsListCommand.self, JobsPauseCommand.self, JobsResumeCommand.self, JobsCancelCommand.self,
            JobsRateCommand.self,
        ],
        defaultSubcommand: JobsListCommand.self
    )
}

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the recovery jobs with their progress; the default.",
        discussion: """
            Read straight from the control topic, so it works with every role down.

            EXAMPLES:
              decahose jobs
              decahose jobs --watch
              decahose jobs --json
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: ReportOptions

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        try await output.print(settings) { snapshot, isJSON in
            isJSON ? snapshot.jobsJSON() : snapshot.jobsTable()
        }
    }
}

/// What the commands that change a job have in common.
struct JobChangeOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var coordinator: CoordinatorAddress

    @Argument(help: "The job's ID, as 'decahose jobs' lists it.")
    var job: String

    func change(_ change: JobChange) async throws {
        let job = job
        try await coordinator.print(common) { client in try client.change(job: job, change) }
    }
}

struct JobsPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Holds a job back; what it has received stays.",
        discussion: """
            EXAMPLE:
              decahose jobs pause sample10-1-20261123T204500000Z-1
            """
    )

    @OptionGroup var options: JobChangeOptions

    func run() async throws { try await options.change(.pause) }
}

struct JobsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Lets a held job go on.",
        discussion: """
            EXAMPLE:
              decahose jobs resume sample10-1-20261123T204500000Z-1
            """
    )

    @OptionGroup var options: JobChangeOptions

    func run() async throws { try await options.change(.resume) }
}

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ends a job; a gap that it was for is asked for again after a while.",
        discussion: """
            EXAMPLE:
              decahose jobs cancel sample10-1-20261123T204500000Z-1
            """
    )

    @OptionGroup var options: JobChangeOptions

    func run() async throws { try await options.change(.cancel) }
}

struct JobsRateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rate",
        abstract: "Limits a job to so many records a second, also while it runs.",
        discussion: """
            Without it the jobs at work share coordinator.recovery_rate. A rate of its
            own stays with the job, whoever leads, until --shared takes it away.

            EXAMPLES:
              decahose jobs rate sample10-1-20261123T204500000Z-1 500
              decahose jobs rate sample10-1-20261123T204500000Z-1 --shared
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var coordinator: CoordinatorAddress

    @Argument(help: "The job's ID, as 'decahose jobs' lists it.")
    var job: String

    @Argument(help: "Records a second, 1 or more.")
    var rate: Int?

    @Flag(help: "Give it its share again of what all jobs may bring.")
    var shared = false

    func validate() throws {
        guard (rate == nil) == shared else { throw ValidationError("Give a rate, or --shared.") }
        guard rate ?? 1 > 0 else {
            throw ValidationError("A rate is 1 or more; 'decahose jobs pause' holds a job back.")
        }
    }

    func run() async throws {
        let (job, rate) = (job, rate)
        try await coordinator.print(common) { client in try client.setRate(rate, ofJob: job) }
    }
}
