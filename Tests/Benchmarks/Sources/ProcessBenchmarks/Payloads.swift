import Glibc
import Tweets
import World

/// The payload lines that Tweets are made of: real ones out of a file, or generated ones.
enum Payloads {
    /// Lines of a file with one payload a line; nil where it cannot be read.
    static func read(_ path: String) -> [[UInt8]]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes.split(separator: 0x0A).map { $0.last == 0x0D ? Array($0.dropLast()) : Array($0) }
    }

    /// Generated Tweets in enriched native format.
    static func generated(_ count: Int = 256) -> [[UInt8]] {
        let world = World(WorldOptions())
        var encoder = TweetEncoder(world: world, shape: .native)
        var lines: [[UInt8]] = []
        for number in 0..<count {
            guard let id = TweetID(900_000_000_000_000_000 + UInt64(number) << 22) else { continue }
            lines.append(Array(encoder.line(SlotValues(id: id, original: nil)).dropLast(2)))
        }
        return lines
    }
}
