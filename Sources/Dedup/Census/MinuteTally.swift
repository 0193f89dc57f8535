/// Counts, for one minute of event time and each stream partition, which connections delivered its Tweets.
struct MinuteTally: Sendable {
    /// The stream partitions, in the order in which they came.
    private(set) var streams: [Int] = []
    /// Why the counts are worthless; nil while they are not.
    var distrust: String?
    /// For each stream partition: Tweets by the exact set of connections, then by the source of the first copy.
    private var counts: [Int32] = []

    private static let sets = 256
    private static let cells = sets + 4

    /// Counts one Tweet's entry in the place of another of the same Tweet; entries without a source are not counted.
    @inline(__always)
    mutating func replace(_ old: SeenEntry, by new: SeenEntry) {
        if old.source != nil { add(-1, old) }
        if new.source != nil { add(1, new) }
    }

    private mutating func add(_ amount: Int32, _ entry: SeenEntry) {
        let base = row(of: entry.stream) &* Self.cells
        counts[base &+ Int(entry.connections)] += amount
        counts[base &+ Self.sets &+ Int(entry.source?.rawValue ?? 0)] += amount
    }

    private mutating func row(of stream: Int) -> Int {
        for row in 0..<streams.count where streams[row] == stream { return row }
        streams.append(stream)
        counts.append(contentsOf: repeatElement(0, count: Self.cells))
        return streams.count - 1
    }

    /// Tweets of a stream partition by the exact set of connections that delivered them.
    func byConnections(ofRow row: Int) -> [(connections: UInt8, count: Int)] {
        (0..<Self.sets).map { (UInt8($0), Int(counts[row * Self.cells + $0])) }.filter { $0.1 > 0 }
    }

    /// Tweets of a stream partition by the source of their first copy.
    func count(ofRow row: Int, from source: CopySource) -> Int {
        Int(counts[row * Self.cells + Self.sets + Int(source.rawValue)])
    }
}
