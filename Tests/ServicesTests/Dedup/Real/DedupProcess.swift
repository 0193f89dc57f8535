import Foundation
import Testing
import Tweets

@testable import Services

/// An instance of the stage as a process of its own, the built executable, which can die as processes do.
final class DedupProcess {
    let instance: String
    private let process = Process()
    /// Where it writes what it says.
    let output: URL

    /// Starts it.
    ///
    /// - Parameter crash: The point and the passage at which it ends itself as `kill -9` would.
    init(_ instance: String, _ rig: DedupRig, crash: (point: CrashPoint, count: Int)? = nil) throws {
        self.instance = instance
        output = FileManager.default.temporaryDirectory.appending(
            path: "decahose-\(rig.names.prefix)-\(UUID().uuidString)"
        )
        try Data().write(to: output)
        process.executableURL = URL(filePath: Self.path)
        process.arguments = ["dedup"]
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DECAHOSE_") }
        environment["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS"] = rig.brokers
        environment["DECAHOSE_TOPICS_PREFIX"] = rig.names.prefix
        environment["DECAHOSE_STREAM_API"] = "v2"
        environment["DECAHOSE_DEDUP_INSTANCE"] = instance
        environment["DECAHOSE_HTTP_LISTEN"] = "127.0.0.1:0"
        if let crash { environment["DECAHOSE_CRASH_POINT"] = "\(crash.point.rawValue):\(crash.count)" }
        process.environment = environment
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    deinit {
        signal(SIGKILL)
        try? FileManager.default.removeItem(at: output)
    }

    /// Beside the test bundle: both are products of the same build.
    private static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "decahose").path
    }()

    var isRunning: Bool { process.isRunning }

    /// How it ended: 128 and the signal where one ended it.
    var exitCode: Int32 {
        process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }

    /// What it has said so far.
    var log: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        if process.isRunning { kill(process.processIdentifier, number) }
    }

    /// Waits until it has ended.
    ///
    /// - Returns: How it ended.
    func end() async throws -> Int32 {
        do {
            try await until("\(instance) has ended") { !process.isRunning }
        } catch {
            Issue.record("\(instance) goes on; it said: \(log.suffix(3000))")
            throw error
        }
        return exitCode
    }

    /// Asks it to end once it can be asked, since one that has only just been started ends by the signal, and expects that
    /// it ends as it should.
    func expectCleanStop(_ context: String) async throws {
        try await until("\(instance) listens") { log.contains("Status is served.") || !isRunning }
        signal(15)
        try await expectCleanEnd(context)
    }

    /// Waits until it has ended as it should, with every record accounted for.
    func expectCleanEnd(_ context: String) async throws {
        #expect(try await end() == 0, "\(context)")
        #expect(log.contains("unaccounted=0"), "\(context): \(log.suffix(500))")
    }
}
