import Foundation
import Glibc
import Testing
import Tweets

@Suite("A bridge whose wall clock jumps", .serialized)
struct ClockJumpTests {
    private static let isPossible = (try? SystemCommand.run(["cc", "--version"])) != nil

    /// A clock that a test sets.
    private final class Clock {
        private let folder = FileManager.default.temporaryDirectory.appending(
            path: "decahose-clock-\(UUID().uuidString)"
        )

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let source = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Support/ClockShim/clock.c").standardized
            let flags = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O"]
            try SystemCommand.run(["cc"] + flags + ["-o", library, source.path, "-ldl"])
            try set(0)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        private var library: String { folder.appending(path: "clock.so").path }
        private var file: String { folder.appending(path: "offset").path }

        var environment: [String: String] { ["LD_PRELOAD": library, "TEST_CLOCK_FILE": file] }

        /// Seconds ahead of the true time.
        func set(_ seconds: Int) throws {
            try Data("\(seconds)\n".utf8).write(to: URL(filePath: file), options: .atomic)
        }
    }

    @Test(
        "goes on claiming what it delivers, and claims no time that has not come",
        .enabled(if: isPossible, "needs a C compiler")
    )
    func jumps() throws {
        let clock = try Clock()
        let stage = try BridgeStage(rate: 200)
        let bridge = try stage.bridge(clock.environment)
        for jump in [0, 3600, -7200, 86400] {
            try clock.set(jump)
            let jumpedAt = Self.now()
            try eventually("claims \(jump) s off the true time; the bridge said:\n\(bridge.output)") {
                try stage.sessions().filter { ($0.covered?.to ?? jumpedAt) > jumpedAt + .seconds(3) }.count >= 2
            }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(3000))")
        let keys = Set(try stage.rawKeys())
        let sessions = try stage.sessions()
        for session in sessions {
            guard let covered = session.covered else { continue }
            #expect(covered.to <= Self.now(), "\(session.session) claims what has not come")
            let truth = try stage.truth(covered, partition: session.stream.number)
            #expect(truth.isSubset(of: keys), "\(truth.subtracting(keys).count) of \(session.session) are not in raw")
            #expect(truth.count > 100)
        }
        // Time that jumps breaks no connection.
        #expect(sessions.count == 2, "\(bridge.output)")
    }

    private static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
