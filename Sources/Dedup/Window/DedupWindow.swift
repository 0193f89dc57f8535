/// The exact set of the Tweet IDs of one Kafka partition, in buckets of 2²⁰ ms (17.5 min) of event time.
///
/// New entries go into hash tables; old buckets are packed, a few IDs at a time, into a frozen form, over which later
/// inserts and marks lie until there are enough of them to pack again. IDs that are not snowflakes do not belong here.
public struct DedupWindow: Sendable {
    private var numbers: [UInt64] = []
    private var buckets: [WindowBucket] = []
    private var job: FreezeJob?

    /// An empty window.
    public init() {}

    /// A window of buckets in the order of their numbers.
    init(numbers: [UInt64], buckets: [WindowBucket]) {
        self.numbers = numbers
        self.buckets = buckets
    }

    /// How long a bucket is.
    public static let bucketLength: Duration = .milliseconds(1 << 20)

    /// The bucket of an ID: its creation time in units of the bucket's length.
    @inline(__always)
    static func bucket(of id: UInt64) -> UInt64 { id &>> SeenEntry.keyBits }

    // MARK: Entries

    /// What is known of an ID.
    public func entry(of id: UInt64) -> SeenEntry { find(id).entry }

    /// What is known of an ID, and whether by what an undo could put back.
    @inline(__always)
    func find(_ id: UInt64) -> (entry: SeenEntry, isFresh: Bool) {
        guard let index = index(of: Self.bucket(of: id)) else { return (SeenEntry(word: 0), false) }
        return buckets[index].find(id & SeenEntry.keyMask)
    }

    /// Puts an entry over whatever is known of its ID.
    @inline(__always)
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

    /// Takes an ID out of what is fresh; what lies below shows again.
    mutating func removeFresh(_ id: UInt64) {
        guard let index = index(of: Self.bucket(of: id)) else { return }
        buckets[index].fresh.remove(id & SeenEntry.keyMask)
    }

    /// Visits every ID in order, with whether it is deleted.
    func visitAll(_ visit: (_ id: UInt64, _ isDeleted: Bool) -> Void) {
        for (number, bucket) in zip(numbers, buckets) {
            bucket.visitAll { mark in visit(number << SeenEntry.keyBits | mark >> 1, mark & 1 == 1) }
        }
    }

    // MARK: Growing old

    /// Drops every bucket that ends at or before the bucket of `id`, an ID made of a moment, begins.
    public mutating func dropBuckets(before id: UInt64) {
        let number = Self.bucket(of: id)
        guard let first = numbers.first, first < number else { return }
        let kept = numbers.firstIndex { $0 >= number } ?? numbers.count
        numbers.removeFirst(kept)
        buckets.removeFirst(kept)
        if let job, job.number < number { self.job = nil }
    }

    /// Packs buckets before that of `id`, an ID made of a moment, where it is worth its time, by about so many IDs; the
    /// rest is for the next time.
    ///
    /// What fresh entries know beyond their being deleted is given up, and nothing that was set before is undone later.
    public mutating func freezeBuckets(before id: UInt64, budget: Int = .max) {
        var left = budget
        while left > 0 {
            if job == nil { beginJob(limit: Self.bucket(of: id)) }
            guard let number = job?.number, let index = index(of: number) else { return }
            guard let frozen = job?.advance(&left, buckets[index]) else { return }
            buckets[index].frozen = frozen
            buckets[index].sealed = FreshPart()
            job = nil
        }
    }

    /// Begins with the bucket of which most is not packed.
    private mutating func beginJob(limit: UInt64) {
        var best: Int?
        for index in numbers.indices {
            if numbers[index] >= limit { break }
            guard buckets[index].deservesFreezing else { continue }
            if best.map({ buckets[$0].fresh.count < buckets[index].fresh.count }) ?? true { best = index }
        }
        guard let best else { return }
        buckets[best].seal()
        job = FreezeJob(number: numbers[best], bucket: buckets[best])
    }

    // MARK: Sizes

    /// The sizes of all parts.
    public var usage: DedupUsage {
        var usage = DedupUsage()
        usage.bytes = numbers.capacity * 8 + buckets.capacity * MemoryLayout<WindowBucket>.stride + 64
        for bucket in buckets {
            usage.freshIDs += bucket.fresh.count + bucket.sealed.count
            usage.frozenIDs += bucket.frozen.count
            usage.freshBytes += bucket.fresh.bytes + bucket.sealed.bytes
            usage.frozenBytes += bucket.frozen.bytes
        }
        usage.bytes += usage.freshBytes + usage.frozenBytes + (job?.bytes ?? 0)
        usage.buckets = buckets.count
        return usage
    }

    // MARK: Buckets

    @inline(__always)
    private func index(of number: UInt64) -> Int? {
        guard let first = numbers.first, number >= first else { return nil }
        // Event time flows without holes, mostly.
        let guess = number &- first
        if guess < UInt64(truncatingIfNeeded: numbers.count) {
            let index = Int(truncatingIfNeeded: guess)
            if numbers[index] == number { return index }
        }
        return searched(number)
    }

    @inline(never)
    private func searched(_ number: UInt64) -> Int? {
        let index = lowerBound(number)
        return index < numbers.count && numbers[index] == number ? index : nil
    }

    private func lowerBound(_ number: UInt64) -> Int {
        var from = 0
        var to = numbers.count
        while from < to {
            let middle = (from + to) / 2
            if numbers[middle] < number { from = middle + 1 } else { to = middle }
        }
        return from
    }

    private mutating func addBucket(_ number: UInt64) -> Int {
        let index = lowerBound(number)
        numbers.insert(number, at: index)
        buckets.insert(WindowBucket(), at: index)
        return index
    }
}
