import Foundation

/// A wall clock of a process, which a test sets.
final class WrongClock {
    /// Whether there is a C compiler.
    static let isPossible = (try? SystemCommand.run(["cc", "--version"])) != nil

    private let folder = FileManager.default.temporaryDirectory.appending(path: "decahose-clock-\(UUID().uuidString)")

    /// A clock that is so many seconds ahead of the true time.
    init(ahead seconds: Int = 0) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Support/ClockShim/clock.c").standardized
        let flags = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O"]
        try SystemCommand.run(["cc"] + flags + ["-o", library, source.path, "-ldl"])
        try set(seconds)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var library: String { folder.appending(path: "clock.so").path }
    private var file: String { folder.appending(path: "offset").path }

    /// What makes a process go by it.
    var environment: [String: String] { ["LD_PRELOAD": library, "TEST_CLOCK_FILE": file] }

    /// Seconds ahead of the true time.
    func set(_ seconds: Int) throws {
        try Data("\(seconds)\n".utf8).write(to: URL(filePath: file), options: .atomic)
    }
}
