import Foundation

/// The package as text: what the tidiness rules are checked on.
struct SourceTree {
    struct File {
        var path: String
        var text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// The folder directly below `Sources` or `Tests`.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    }

    let root: URL
    let files: [File]

    /// Reads every Swift file below `Sources` and `Tests`.
    init() throws {
        root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var files: [File] = []
        for folder in ["Sources", "Tests"] {
            let base = root.appending(path: folder).path
            for name in try FileManager.default.subpathsOfDirectory(atPath: base) where name.hasSuffix(".swift") {
                let isBuildProduct = name.contains(".build/")
                guard !isBuildProduct else { continue }
                let text = try String(contentsOfFile: "\(base)/\(name)", encoding: .utf8)
                files.append(File(path: "\(folder)/\(name)", text: text))
            }
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    func sources(of target: String) -> [File] {
        files.filter { $0.path.hasPrefix("Sources/\(target)/") }
    }
}
