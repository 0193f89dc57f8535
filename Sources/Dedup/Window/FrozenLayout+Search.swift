/// Looks keys up in the words of a frozen bucket, which must be those that the layout was made for: then no place that
/// is computed here lies outside of them.
extension FrozenLayout {
    /// Above so many bits of the bitmap a search goes by the samples first.
    private static let longSearch = 4096
    /// So many IDs of a group are compared one after the other, more by halving.
    private static let fewIDs = 8

    /// The entry of a key, unknown where there is none; `touched` is told of each word of the bitmap that is read.
    @inline(__always)
    func entry(of key: UInt64, in words: Span<UInt64>, touched: () -> Void = {}) -> SeenEntry {
        guard let number = isNumbered ? fields.number(of: key, in: words) : key, number >= first, number <= last
        else { return SeenEntry(word: 0) }
        let value = number &- first
        let group = Int(truncatingIfNeeded: value &>> width)
        let low = value & (1 &<< width &- 1)
        let start = start(of: group, words, touched)
        var rank = start &- group
        for position in start..<start &+ Self.fewIDs {
            if !isOne(position, words) { return SeenEntry(word: 0) }
            let candidate = self.low(rank, words)
            if candidate == low { return SeenEntry(id: key, isDeleted: isDeleted(rank, words)) }
            if candidate > low { return SeenEntry(word: 0) }
            rank &+= 1
        }
        let end = end(of: group, from: start &+ Self.fewIDs, words, touched)
        return searched(key, low: low, ranks: rank..<end &- group, words)
    }

    @inline(never)
    private func searched(_ key: UInt64, low: UInt64, ranks: Range<Int>, _ words: Span<UInt64>) -> SeenEntry {
        var (from, to) = (ranks.lowerBound, ranks.upperBound)
        while from < to {
            let middle = (from + to) / 2
            let candidate = self.low(middle, words)
            if candidate == low { return SeenEntry(id: key, isDeleted: isDeleted(middle, words)) }
            if candidate < low { from = middle + 1 } else { to = middle }
        }
        return SeenEntry(word: 0)
    }

    // MARK: The bitmap

    /// The position at which a group begins: behind as many zeros as there are groups before it.
    @inline(__always)
    private func start(of group: Int, _ words: Span<UInt64>, _ touched: () -> Void) -> Int {
        let sample = group / Self.groupsAStart
        var position = start(sample, words)
        var zeros = group % Self.groupsAStart
        guard zeros > 0 else { return position }
        if start(sample &+ 1, words) &- position > Self.longSearch {
            let (far, before) = lastSample(zerosMax: group &- 1, words)
            if far > position {
                position = far
                zeros = group &- before
            }
        }
        return self.position(ofZero: zeros, from: position, words, touched) &+ 1
    }

    /// The position of the zero that ends a group which begins at or before `position`.
    private func end(of group: Int, from position: Int, _ words: Span<UInt64>, _ touched: () -> Void) -> Int {
        let next = start(group / Self.groupsAStart &+ 1, words)
        let isLong = next &- position > Self.longSearch
        let from = isLong ? max(position, lastSample(zerosMax: group, words).position) : position
        return self.position(ofZero: 1, from: from, words, touched)
    }

    /// The position of the n-th zero at or behind a position.
    @inline(__always)
    private func position(
        ofZero number: Int,
        from position: Int,
        _ words: Span<UInt64>,
        _ touched: () -> Void
    ) -> Int {
        var zeros = number
        var index = position &>> 6
        var word = ~words[unchecked: highsAt &+ index] & (~0 &<< UInt64(truncatingIfNeeded: position & 63))
        touched()
        while true {
            let here = word.nonzeroBitCount
            if here >= zeros { break }
            zeros &-= here
            index &+= 1
            word = ~words[unchecked: highsAt &+ index]
            touched()
        }
        while zeros > 1 {
            word &= word &- 1
            zeros &-= 1
        }
        return index &* 64 &+ word.trailingZeroBitCount
    }

    /// The last sampled one that has at most so many zeros before it, with how many; the very start if there is none.
    private func lastSample(zerosMax: Int, _ words: Span<UInt64>) -> (position: Int, zeros: Int) {
        var from = 0
        var to = (count - 1) / Self.onesASample + 1
        while from < to {
            let middle = (from + to) / 2
            if zeros(beforeSample: middle, words) <= zerosMax { from = middle + 1 } else { to = middle }
        }
        return from == 0 ? (0, 0) : (half(onesAt, from - 1, words), zeros(beforeSample: from - 1, words))
    }

    private func zeros(beforeSample index: Int, _ words: Span<UInt64>) -> Int {
        half(onesAt, index, words) - index * Self.onesASample
    }

    @inline(__always)
    private func isOne(_ position: Int, _ words: Span<UInt64>) -> Bool {
        words[unchecked: highsAt &+ position &>> 6] &>> UInt64(truncatingIfNeeded: position & 63) & 1 == 1
    }

    // MARK: The other parts

    @inline(__always)
    private func start(_ sample: Int, _ words: Span<UInt64>) -> Int { half(startsAt, sample, words) }

    /// A number of 32 bits, of which two stand in a word.
    @inline(__always)
    private func half(_ base: Int, _ index: Int, _ words: Span<UInt64>) -> Int {
        let word = words[unchecked: base &+ index &>> 1]
        return Int(truncatingIfNeeded: word &>> (UInt64(truncatingIfNeeded: index & 1) &* 32) & 0xFFFF_FFFF)
    }

    @inline(__always)
    func low(_ rank: Int, _ words: Span<UInt64>) -> UInt64 {
        let bit = rank &* Int(truncatingIfNeeded: width)
        let shift = UInt64(truncatingIfNeeded: bit & 63)
        let index = lowsAt &+ bit &>> 6
        let low = words[unchecked: index] &>> shift
        // Shifted twice, since a shift by 64 is one by 0. The part ends with a word more than it needs.
        let high = (words[unchecked: index &+ 1] &<< 1) &<< (63 &- shift)
        return (low | high) & (1 &<< width &- 1)
    }

    @inline(__always)
    func isDeleted(_ rank: Int, _ words: Span<UInt64>) -> Bool {
        deletedAt < words.count
            && words[unchecked: deletedAt &+ rank &>> 6] &>> UInt64(truncatingIfNeeded: rank & 63) & 1 == 1
    }
}
