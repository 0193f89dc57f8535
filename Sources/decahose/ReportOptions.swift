import ArgumentParser
import Glibc
import Kafka
import Operations
import Services
import Settings

/// How a tool shows what it has read from control.
struct ReportOptions: ParsableArguments {
    @Flag(help: "One JSON object instead of a table.")
    var json = false

    @Flag(help: "Show it anew every 2 s, until interrupted.")
    var watch = false

    /// Reads control and prints what `report` makes of it, once or again and again.
    func print(
        _ settings: ToolSettings,
        watching: Duration = .zero,
        _ report: @escaping @Sendable (ControlSnapshot, Bool) throws -> String
    ) async throws {
        let (isJSON, isRepeated) = (json, watch)
        try await BlockingThread.run(named: "report") {
            repeat {
                let snapshot = try ControlSnapshot.read(settings, watching: watching, observer: .silent)
                let text = try report(snapshot, isJSON)
                // Home and clear: the table stays where it is. Into a pipe the reports follow each other.
                let start = isRepeated && !isJSON && StandardOutput.isTerminal ? "\u{1B}[H\u{1B}[2J" : ""
                StandardOutput.write(start + text)
                if isRepeated { sleep(2) }
            } while isRepeated
        }
    }

    static func validate(duration: String?, name: String) throws {
        guard let duration, (try? ValueParser.duration(duration)) == nil else { return }
        throw ValidationError("\(name) \(duration): a duration such as 12h or 7d was expected")
    }
}
