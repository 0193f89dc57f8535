import Glibc

/// In-process benchmarks of the pure cores: `swift run -c release Microbenchmarks <file of payload lines>…`.
///
/// `--dedup` runs those of the set alone; `--dedup-truth` holds it against plain sets, on tens of millions of IDs.
@main
enum Microbenchmarks {
    static func main() {
        let files = CommandLine.arguments.dropFirst()
        switch files.first {
        case "--dedup": return DedupBenchmark.run()
        case "--dedup-truth": return DedupTruth.run()
        default: DedupBenchmark.run()
        }
        guard !files.isEmpty else {
            print("Name one or more files with one Tweet payload a line.")
            exit(64)
        }
        for file in files {
            guard let lines = Lines(path: file) else {
                print("'\(file)' is missing, empty, or may not be read.")
                exit(66)
            }
            let name = file.split(separator: "/").last.map(String.init) ?? file
            ScannerBenchmark.run(name: name, lines: lines)
            FramerBenchmark.run(name: name, lines: lines)
            StreamBenchmark.run(name: name, lines: lines)
        }
    }
}
