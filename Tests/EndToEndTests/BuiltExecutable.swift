import Foundation

/// The executable that was built beside these tests, run as a user would run it.
struct BuiltExecutable {
    struct Result {
        var exitCode: Int32
        var output: String
        var errors: String
    }

    /// Beside the test bundle: both are products of the same build.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "decahose").path
    }()

    /// Runs it to its end.
    ///
    /// - Parameter environment: Added to the test's own, less every setting of ours that stands there.
    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "decahose-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let outputURL = folder.appending(path: "out")
        let errorsURL = folder.appending(path: "err")
        for url in [outputURL, errorsURL] { try Data().write(to: url) }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DECAHOSE_") }
        process.environment = inherited.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: outputURL)
        process.standardError = try FileHandle(forWritingTo: errorsURL)
        try process.run()
        process.waitUntilExit()
        return Result(
            exitCode: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: outputURL), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorsURL), as: UTF8.self)
        )
    }
}
