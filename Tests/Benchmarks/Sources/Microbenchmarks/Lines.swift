import Foundation

/// Payload lines to measure on, read from a file of one payload a line.
struct Lines {
    let bytes: [UInt8]
    let ranges: [Range<Int>]
    /// How many bytes the file has.
    let bytesOnce: Int
    /// The Tweet ID of each line of the file, as a whole JSON parser reads it.
    let ids: [UInt64]

    /// Reads a file and repeats it until it has at least `bytesMin`, so that caches do not hold all of it.
    init?(path: String, bytesMin: Int = 64 << 20) {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var once: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            once.append(contentsOf: chunk[..<count])
        }
        guard !once.isEmpty else { return nil }
        if once.last != 0x0A { once.append(0x0A) }
        var all: [UInt8] = []
        while all.count < bytesMin { all.append(contentsOf: once) }
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in all.enumerated() where byte == 0x0A {
            ranges.append(start..<index)
            start = index + 1
        }
        bytes = all
        self.ranges = ranges
        bytesOnce = once.count
        ids = once.split(separator: 0x0A).compactMap(Self.id)
        guard !ids.isEmpty, ranges.count % ids.count == 0 else { return nil }
    }

    private static func id(_ line: ArraySlice<UInt8>) -> UInt64? {
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        if let text = object?["id_str"] as? String { return UInt64(text) }
        return (object?["id"] as? String)?.split(separator: ":").last.flatMap { UInt64($0) }
    }
}
