import ArgumentParser
import Glibc
import Logging
import Operations
import Settings

/// What every command that reads settings takes.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A TOML file of settings (default: $DECAHOSE_CONFIG, else none). The environment wins over it.",
            valueName: "file"
        )
    )
    var config: String?

    /// The settings as text, checked.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem.
    func configuration() throws(InvalidConfiguration) -> Configuration {
        let environment = ProcessEnvironment.variables
        return try Configuration(file: config ?? environment["DECAHOSE_CONFIG"], environment: environment)
    }
}
