/// The creation times of the Tweets read in one second of the clock, for their lowest percent.
///
/// Adding costs one increment. The bins reach ten minutes to either side of the first Tweet; what is older is counted
/// together and answered by its oldest member, what is newer counts as the newest bin. Every answer is rounded down,
/// so a frontier is never later than the truth.
struct CreationHistogram {
    /// The width of a bin, in milliseconds.
    static let binMilliseconds: Int64 = 250
    private static let binsEachSide = 2400

    private var bins = [UInt32](repeating: 0, count: 2 * CreationHistogram.binsEachSide)
    /// Creation time at the start of the first bin.
    private var base: Int64 = 0
    private var older = 0
    private var oldest = Int64.max
    private var lowestBin = Int.max
    private var highestBin = 0

    /// How many Tweets were added.
    private(set) var count = 0
    /// The newest creation time added, in milliseconds since 1970.
    private(set) var newest = Int64.min

    /// Adds a Tweet by its creation time in milliseconds since 1970.
    mutating func add(_ milliseconds: Int64) {
        if count == 0 { base = milliseconds - Self.binMilliseconds * Int64(Self.binsEachSide) }
        count += 1
        newest = max(newest, milliseconds)
        oldest = min(oldest, milliseconds)
        let offset = milliseconds - base
        guard offset >= 0 else {
            older += 1
            return
        }
        let bin = min(Int(offset / Self.binMilliseconds), bins.count - 1)
        bins[bin] += 1
        lowestBin = min(lowestBin, bin)
        highestBin = max(highestBin, bin)
    }

    /// A creation time that at most `share` of the Tweets are older than, rounded down; nil without Tweets.
    func quantile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = Int(Double(count) * share)
        var below = older
        guard rank >= below else { return oldest }
        for bin in lowestBin...highestBin {
            below += Int(bins[bin])
            if rank < below { return base + Int64(bin) * Self.binMilliseconds }
        }
        preconditionFailure("rank \(rank) of \(count) lies in no bin")
    }

    /// Forgets everything.
    mutating func clear() {
        if lowestBin <= highestBin {
            for bin in lowestBin...highestBin { bins[bin] = 0 }
        }
        older = 0
        oldest = .max
        lowestBin = .max
        highestBin = 0
        count = 0
        newest = .min
    }
}
