public import ArgumentParser
import FoundationEssentials
import Settings
public import Simulator
import Tweets
public import World

/// How the simulated upstream behaves.
struct SimulatedBehaviourOptions: ParsableArguments {
    @Option(help: "gnip (enterprise 2.0) or v2.")
    var dialect = StreamDialect.gnip

    @Option(help: "native, activity-streams or v2. (default: the dialect's)")
    var format: TweetShape?

    @Option(
        help: ArgumentHelp(
            "Real payload lines that are used as templates: IDs and times are rewritten in place.",
            valueName: "file"
        )
    )
    var corpus: String?

    @Option(
        help: "From one heartbeat to the next. (default: 10s gnip, 20s v2)",
        transform: OptionValue.duration
    )
    var heartbeat: Duration?

    @Option(help: "gnip: the user.")
    var username = "decahose"

    @Option(help: "gnip: a file with the password. (default: the password is decahose)")
    var passwordFile: String?

    @Option(help: "v2: a file with the bearer token. (default: the token is decahose)")
    var bearerTokenFile: String?

    @Option(help: "Full copies allowed of a stream partition.")
    var redundancy = 2

    @Option(help: "Connection requests allowed in the window; 0 is no limit. (default: 10 gnip, 50 v2)")
    var requestLimit: Int?

    @Option(
        help: "The window of the connection requests. (default: 60s gnip, 15m v2)",
        transform: OptionValue.duration
    )
    var requestWindow: Duration?

    @Option(
        help: "Plain bytes that may wait for a slow reader before it is cut off; 0B is no limit. (default: 256MiB)",
        transform: OptionValue.size
    )
    var buffer = 256 << 20

    @Option(help: "Stream partitions of the compliance stream.")
    var compliancePartitions = 4

    @Option(help: "How many times faster than life a backfill flows; 0 is as fast as it is read.")
    var backfillSpeed = 20.0

    @Option(help: "How many times faster than life a recovery flows; 0 is as fast as it is read.")
    var recoverySpeed = 0.0

    @Option(
        help: "How old a recovery's time range may be. (default: 5d gnip, 24h v2)",
        transform: OptionValue.duration
    )
    var recoveryWindow: Duration?

    @Option(
        help: "How old the end of a recovery's time range must be. (default: 30m gnip, 10s v2)",
        transform: OptionValue.duration
    )
    var recoveryMinAge: Duration?

    @Option(help: "v2: recoveries at once.")
    var recoveryJobs = 2

    @Option(help: "gnip: Replay requests allowed in 5 minutes; 0 is no limit.")
    var replayRequests = 5

    @Flag(help: "Recoveries leave out what was deleted before they were asked for.")
    var recoveryOmitsDeleted = false

    @Flag(inversion: .prefixedNo, help: "v2: a message tells that a recovery is complete.")
    var completionMessage = true

    @Flag(inversion: .prefixedNo, help: "The Tweet stream carries deletes; compliance always does.")
    var deletesInStream = true

    @Option(help: "stream (real deflate), spliced (joined blocks, for many Tweets/s) or auto (by the rate).")
    var compression = SimulatorOptions.Compression.auto

    @Option(
        help: "The mean length of a gzip member; 0s is one for ever. (default: 30s)",
        transform: OptionValue.duration
    )
    var member = Duration.seconds(30)

    /// Adds everything to the options of a simulator.
    func fill(_ options: inout SimulatorOptions) throws {
        options.dialect = dialect
        options.shape = format
        if let corpus { options.corpus = try Self.lines(of: corpus) }
        options.heartbeat = heartbeat
        options.username = username
        if let passwordFile { options.password = try Self.secret(passwordFile) }
        if let bearerTokenFile { options.bearerToken = try Self.secret(bearerTokenFile) }
        options.redundancy = redundancy
        options.requestLimit = requestLimit
        options.requestWindow = requestWindow
        options.bufferBytes = buffer
        options.compliancePartitions = compliancePartitions
        options.backfillSpeed = backfillSpeed
        options.recoverySpeed = recoverySpeed
        options.recoveryWindow = recoveryWindow
        options.recoveryMinAge = recoveryMinAge
        options.recoveryJobsMax = recoveryJobs
        options.replayRequestLimit = replayRequests
        options.recoveryReturnsDeleted = !recoveryOmitsDeleted
        options.completionMessage = completionMessage
        options.deletesInStream = deletesInStream
        options.compression = compression
        options.memberSeconds = Double(member.milliseconds) / 1000
    }

    private static func lines(of path: String) throws -> [[UInt8]] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("--corpus \(path) cannot be read")
        }
        let lines = data.split(separator: 0x0A).map(Array.init)
        guard lines.contains(where: { TweetTemplate(payload: $0) != nil }) else {
            throw ValidationError("--corpus \(path) has no line that is a Tweet")
        }
        return lines
    }

    private static func secret(_ path: String) throws -> String {
        do {
            return try SecretSource.file(path).read().reveal { $0 }
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

extension TweetShape: ExpressibleByArgument {}
extension SimulatorOptions.Compression: ExpressibleByArgument {}
