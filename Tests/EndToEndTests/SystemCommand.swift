import Foundation

/// A command of the system, run to its end.
enum SystemCommand {
    /// It ended with something else than 0.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(words.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
    }
}
