public import Tweets

/// A set of moments of event time, kept as the fewest intervals: sorted, not empty, neither overlapping nor touching.
public struct IntervalSet: Hashable, Sendable {
    /// The intervals, in order.
    public private(set) var intervals: [EventInterval]

    /// The set without any moment.
    public init() {
        intervals = []
    }

    /// The moments of one interval.
    public init(_ interval: EventInterval) {
        intervals = interval.isEmpty ? [] : [interval]
    }

    /// The moments of all intervals, which may come in any order, overlap and be empty.
    public init(_ unordered: some Sequence<EventInterval>) {
        let some = unordered.filter { !$0.isEmpty }
        intervals = some.count > 1 ? Self.normalised(some.sorted { $0.from < $1.from }) : some
    }

    /// Whether there is no moment in it.
    public var isEmpty: Bool { intervals.isEmpty }

    /// The first interval.
    public var first: EventInterval? { intervals.first }

    /// The last interval.
    public var last: EventInterval? { intervals.last }

    /// From the first moment to the end of the last interval; nil where the set is empty.
    public var hull: EventInterval? {
        guard let first, let last else { return nil }
        return EventInterval(from: first.from, to: last.to)
    }

    /// How much time is in it.
    public var duration: Duration {
        intervals.reduce(.zero) { $0 + $1.duration }
    }

    /// Whether the moment is in it.
    public func contains(_ instant: Instant) -> Bool {
        guard let index = lastIndex(startingAtOrBefore: instant) else { return false }
        return instant < intervals[index].to
    }

    /// Whether every moment of the interval is in it; true for an empty interval.
    public func contains(_ interval: EventInterval) -> Bool {
        guard !interval.isEmpty else { return true }
        guard let index = lastIndex(startingAtOrBefore: interval.from) else { return false }
        return interval.to <= intervals[index].to
    }

    /// Whether the interval and the set have a moment in common.
    public func overlaps(_ interval: EventInterval) -> Bool {
        guard !interval.isEmpty, let index = lastIndex(startingAtOrBefore: interval.to) else { return false }
        if intervals[index].from < interval.to { return intervals[index].to > interval.from }
        return index > 0 && intervals[index - 1].to > interval.from
    }

    /// The moments in either set.
    public func union(_ other: IntervalSet) -> IntervalSet {
        guard let last, let next = other.first else { return isEmpty ? other : self }
        if next.from >= last.from { return appending(other) }
        var merged: [EventInterval] = []
        merged.reserveCapacity(intervals.count + other.intervals.count)
        var (left, right) = (0, 0)
        while left < intervals.count, right < other.intervals.count {
            if intervals[left].from <= other.intervals[right].from {
                merged.append(intervals[left])
                left += 1
            } else {
                merged.append(other.intervals[right])
                right += 1
            }
        }
        merged.append(contentsOf: intervals[left...])
        merged.append(contentsOf: other.intervals[right...])
        return IntervalSet(normal: Self.normalised(merged))
    }

    /// The union with a set that begins in the last interval or after it, as history grows: nothing before is looked at.
    private func appending(_ later: IntervalSet) -> IntervalSet {
        var joined = intervals
        for interval in later.intervals {
            if let last = joined.last, interval.from <= last.to {
                joined[joined.count - 1].to = max(last.to, interval.to)
            } else {
                joined.append(interval)
            }
        }
        return IntervalSet(normal: joined)
    }

    /// The intervals of a history with this set's behind them, without a look at all of it.
    ///
    /// - Parameter history: In order, as a set's intervals are.
    func appended(to history: [EventInterval]) -> [EventInterval] {
        guard let last = history.last, let next = first else { return history.isEmpty ? intervals : history }
        guard next.from >= last.from else { return IntervalSet(history).union(self).intervals }
        return history.dropLast() + IntervalSet(last).appending(self).intervals
    }

    /// The moments in the set and the interval's.
    public func union(_ interval: EventInterval) -> IntervalSet {
        union(IntervalSet(interval))
    }

    /// The moments in both sets.
    public func intersection(_ other: IntervalSet) -> IntervalSet {
        if isEmpty || other.isEmpty { return IntervalSet() }
        var common: [EventInterval] = []
        var (left, right) = (0, 0)
        while left < intervals.count, right < other.intervals.count {
            let (a, b) = (intervals[left], other.intervals[right])
            let part = EventInterval(from: max(a.from, b.from), to: min(a.to, b.to))
            if !part.isEmpty { common.append(part) }
            if a.to <= b.to { left += 1 } else { right += 1 }
        }
        return IntervalSet(normal: common)
    }

    /// The set's moments inside the interval.
    public func intersection(_ interval: EventInterval) -> IntervalSet {
        intersection(IntervalSet(interval))
    }

    /// The set's moments that are not in the other.
    public func subtracting(_ other: IntervalSet) -> IntervalSet {
        if isEmpty || other.isEmpty { return self }
        var rest: [EventInterval] = []
        let holes = other.intervals
        var first = 0
        for interval in intervals {
            var from = interval.from
            while first < holes.count, holes[first].to <= from { first += 1 }
            for hole in holes[first...] {
                if hole.from >= interval.to { break }
                if hole.from > from { rest.append(EventInterval(from: from, to: hole.from)) }
                from = hole.to
            }
            if from < interval.to { rest.append(EventInterval(from: from, to: interval.to)) }
        }
        return IntervalSet(normal: rest)
    }

    /// The set's moments outside the interval.
    public func subtracting(_ interval: EventInterval) -> IntervalSet {
        subtracting(IntervalSet(interval))
    }

    /// The smallest set of whole units that holds this one.
    ///
    /// - Parameter unit: At least one millisecond.
    public func alignedOutward(to unit: Duration) -> IntervalSet {
        IntervalSet(
            normal: Self.normalised(
                intervals.map {
                    EventInterval(from: $0.from.alignedDown(to: unit), to: $0.to.alignedUp(to: unit))
                }
            )
        )
    }

    /// The set with every gap of at most `gap` between two of its intervals filled in.
    public func coalesced(across gap: Duration) -> IntervalSet {
        var joined: [EventInterval] = []
        for interval in intervals {
            if let previous = joined.last, interval.from - previous.to <= gap {
                joined[joined.count - 1].to = interval.to
            } else {
                joined.append(interval)
            }
        }
        return IntervalSet(normal: joined)
    }

    private init(normal: [EventInterval]) {
        intervals = normal
    }

    /// - Parameter sorted: By start, none empty.
    private static func normalised(_ sorted: [EventInterval]) -> [EventInterval] {
        var result: [EventInterval] = []
        result.reserveCapacity(sorted.count)
        for interval in sorted {
            if let previous = result.last, interval.from <= previous.to {
                result[result.count - 1].to = max(previous.to, interval.to)
            } else {
                result.append(interval)
            }
        }
        return result
    }

    private func lastIndex(startingAtOrBefore instant: Instant) -> Int? {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].from <= instant { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}

extension IntervalSet: CustomStringConvertible {
    /// The intervals between braces.
    public var description: String {
        "{" + intervals.map(\.description).joined(separator: ", ") + "}"
    }
}
