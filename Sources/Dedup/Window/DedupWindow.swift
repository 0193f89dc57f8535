/// The exact set of the Tweet IDs of one Kafka partition, in buckets of 2²⁰ ms (17.5 min) of event time.
///
/// New entries go into a bucket's hashed part; `freeze` packs old buckets into their frozen part, where later inserts
/// and marks lie over it until there are enough of them to pack again. IDs that are not snowflakes do not belong here.
public struct DedupWindow: Sendable {
    private struct Bucket: Sendable {
        var fresh = HashedBucket()
        var frozen: FrozenBucket?

        /// Whether packing is worth its time: all of a bucket at first, later a quarter more than is packed.
        var deservesFreezing: Bool {
            guard let frozen else { return fresh.count > 0 }
            return fresh.count > max(256, frozen.count / 4)
        }
    }

    private var numbers: [UInt64] = []
    private var buckets: [Bucket] = []

    /// An empty window.
    public init() {}

    /// How long a bucket is.
    public static let bucketLength: Duration = .milliseconds(1 << 20)

    /// The bucket of an ID: its creation time in units of the bucket's length.
    @inline(__always)
    static func bucket(of id: UInt64) -> UInt64 { id >> SeenEntry.keyBits }

    /// What is known of an ID.
    public func entry(of id: UInt64) -> SeenEntry {
        guard let index = index(of: Self.bucket(of: id)) else { return SeenEntry(word: 0) }
        let key = id & SeenEntry.keyMask
        let fresh = buckets[index].fresh.entry(of: key)
        if fresh.isKnown { return fresh }
        return buckets[index].frozen?.entry(of: key) ?? fresh
    }

    /// What the hashed part alone says of an ID, which is what an undo puts back.
    func freshEntry(of id: UInt64) -> SeenEntry {
        guard let index = index(of: Self.bucket(of: id)) else { return SeenEntry(word: 0) }
        return buckets[index].fresh.entry(of: id & SeenEntry.keyMask)
    }

    /// Puts an entry over whatever is known of its ID.
    mutating func set(_ entry: SeenEntry, for id: UInt64) {
        let number = Self.bucket(of: id)
        let index = index(of: number) ?? addBucket(number)
        buckets[index].fresh.set(entry)
    }

    /// Adds an ID of which only its being seen, or deleted, is known; a deleted one stays so.
    public mutating func add(_ id: UInt64, isDeleted: Bool) {
        var entry = self.entry(of: id)
        if entry.isKnown, entry.isDeleted || !isDeleted { return }
        if !entry.isKnown { entry = SeenEntry(id: id, isDeleted: isDeleted) }
        entry.isDeleted = isDeleted
        set(entry, for: id)
    }

    /// Takes an ID out of the hashed part; what is frozen of it shows again.
    mutating func removeFresh(_ id: UInt64) {
        guard let index = index(of: Self.bucket(of: id)) else { return }
        buckets[index].fresh.remove(id & SeenEntry.keyMask)
    }

    /// Drops every bucket that ends at or before the bucket of `id`, an ID made of a moment, begins.
    public mutating func dropBuckets(before id: UInt64) {
        let number = Self.bucket(of: id)
        guard let first = numbers.first, first < number else { return }
        let kept = numbers.firstIndex { $0 >= number } ?? numbers.count
        numbers.removeFirst(kept)
        buckets.removeFirst(kept)
    }

    /// Packs every bucket before that of `id`, an ID made of a moment, where it is worth its time.
    ///
    /// What fresh entries know beyond their being deleted is given up.
    public mutating func freezeBuckets(before id: UInt64) {
        let limit = Self.bucket(of: id)
        for index in numbers.indices {
            if numbers[index] >= limit { break }
            guard buckets[index].deservesFreezing else { continue }
            let entries = Self.union(buckets[index].frozen?.sorted ?? [], buckets[index].fresh.sorted)
            buckets[index] = Bucket(frozen: FrozenBucket(bucket: numbers[index], entries: entries))
        }
    }

    /// Visits every ID in order, with whether it is deleted.
    func visitAll(_ visit: (_ id: UInt64, _ isDeleted: Bool) -> Void) {
        for (number, bucket) in zip(numbers, buckets) {
            for entry in Self.union(bucket.frozen?.sorted ?? [], bucket.fresh.sorted) {
                visit(number << SeenEntry.keyBits | entry.key, entry.isDeleted)
            }
        }
    }

    /// The sizes of all parts.
    public var usage: DedupUsage {
        var usage = DedupUsage()
        usage.bytes = numbers.capacity * 8 + buckets.capacity * MemoryLayout<Bucket>.stride
        for bucket in buckets {
            usage.freshIDs += bucket.fresh.count
            usage.frozenIDs += bucket.frozen?.count ?? 0
            usage.freshBytes += bucket.fresh.bytes
            usage.frozenBytes += bucket.frozen?.bytes ?? 0
        }
        usage.bytes += usage.freshBytes + usage.frozenBytes
        usage.buckets = buckets.count
        return usage
    }

    @inline(__always)
    private func index(of number: UInt64) -> Int? {
        guard let last = numbers.last else { return nil }
        // Nearly all copies come within minutes.
        if last == number { return numbers.count &- 1 }
        if number > last { return nil }
        let index = lowerBound(number)
        return numbers[index] == number ? index : nil
    }

    private func lowerBound(_ number: UInt64) -> Int {
        var from = 0
        var to = numbers.count
        while from < to {
            let middle = (from &+ to) / 2
            if numbers[middle] < number { from = middle &+ 1 } else { to = middle }
        }
        return from
    }

    private mutating func addBucket(_ number: UInt64) -> Int {
        let index = lowerBound(number)
        numbers.insert(number, at: index)
        buckets.insert(Bucket(), at: index)
        return index
    }

    /// Merges two sorted lists; of one key the second list's entry stays, deleted if either is.
    private static func union(_ old: [SeenEntry], _ new: [SeenEntry]) -> [SeenEntry] {
        guard !old.isEmpty else { return new }
        var merged: [SeenEntry] = []
        merged.reserveCapacity(old.count + new.count)
        var index = 0
        for entry in new {
            while index < old.count, old[index].key < entry.key {
                merged.append(old[index])
                index += 1
            }
            var entry = entry
            if index < old.count, old[index].key == entry.key {
                entry.isDeleted = entry.isDeleted || old[index].isDeleted
                index += 1
            }
            merged.append(entry)
        }
        merged.append(contentsOf: old[index...])
        return merged
    }
}
