import Foundation
import Glibc

/// The built executable at work in the background, until it is told to end or forgotten.
final class RunningExecutable {
    /// What it did not do in time, with all that it had written.
    struct Late: Error, CustomStringConvertible {
        var description: String
    }

    private let process = Process()
    private let outputURL: URL

    /// Starts it; both its outputs go to one file.
    ///
    /// - Parameters:
    ///   - environment: Added to the test's own, less every setting of ours that stands there.
    ///   - command: What runs it, for example on another host; it must become it.
    init(_ arguments: [String], environment: [String: String] = [:], through command: [String] = []) throws {
        outputURL = FileManager.default.temporaryDirectory.appending(path: "decahose-test-\(UUID().uuidString).log")
        try Data().write(to: outputURL)
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DECAHOSE_") }
        process.executableURL = URL(filePath: command.first ?? BuiltExecutable.path)
        process.arguments = command.isEmpty ? arguments : command.dropFirst() + [BuiltExecutable.path] + arguments
        process.environment = inherited.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: outputURL)
        process.standardError = process.standardOutput
        try process.run()
    }

    deinit {
        if process.isRunning { send(SIGKILL) }
        try? FileManager.default.removeItem(at: outputURL)
    }

    var identifier: pid_t { process.processIdentifier }

    var isRunning: Bool { process.isRunning }

    /// Everything that it has written.
    var output: String { (try? Data(contentsOf: outputURL)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// A line of `/proc/<pid>/status` in bytes, for example `VmHWM`, the most memory that it ever had.
    func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    /// Waits for its end.
    ///
    /// - Returns: The exit code, or the signal's number less than zero.
    func end(within seconds: Double = 60) throws -> Int32 {
        try wait("its end", within: seconds) { process.isRunning ? nil : () }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Waits until it has written a line with this text.
    ///
    /// - Returns: What stands behind the text, up to the line's end.
    @discardableResult
    func says(_ text: String, within seconds: Double = 60) throws -> String {
        try wait("'\(text)'", within: seconds) {
            let output = output
            guard let found = output.range(of: text) else { return nil }
            let rest = output[found.upperBound...]
            return rest.firstIndex(of: "\n").map { String(rest[..<$0]) }
        }
    }

    private func wait<Result>(_ what: String, within seconds: Double, _ look: () -> Result?) throws -> Result {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let result = look() { return result }
            usleep(20_000)
        }
        let command = (process.arguments ?? []).joined(separator: " ")
        throw Late(
            description: "decahose \(command): \(what) did not come in \(seconds) s. It wrote:\n\(output.suffix(4000))"
        )
    }
}
