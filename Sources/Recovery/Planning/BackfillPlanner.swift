public import Tweets

/// Turns what is missing into the requests that the upstream accepts, the most urgent first.
public struct BackfillPlanner: Hashable, Sendable {
    /// What the upstream allows.
    public let limits: DialectLimits

    /// A planner for one dialect.
    public init(limits: DialectLimits) {
        self.limits = limits
    }

    /// Every request that could be made now, earliest deadline first.
    ///
    /// Nothing is asked for that is not missing, apart from what alignment adds; nothing that an active job already asks
    /// for; nothing that has left the window or is too young.
    ///
    /// - Parameters:
    ///   - needs: What is missing, in any order.
    ///   - active: The jobs that have not ended.
    ///   - now: The server's time.
    public func requests(
        for needs: [BackfillNeed],
        active: some Sequence<JobRecord>,
        at now: Instant
    ) -> [BackfillRequest] {
        let active = Array(active)
        let groups = Dictionary(grouping: needs) { need in
            Group(product: need.stream.product, partition: limits.carriesAllPartitions ? nil : need.stream.number)
        }
        return groups.flatMap { group, needs in
            ranges(for: needs, asked: asked(by: active, for: group), at: now).map { range in
                request(for: range, group: group, needs: needs)
            }
        }
        .sorted { Self.urgency($0) < Self.urgency($1) }
    }

    /// How many of the requests may be started: by concurrency and by budget.
    public func slots(running: Int, concurrentMax: Int, budget: Int) -> Int {
        max(0, min(min(limits.concurrentMax, concurrentMax) - running, budget))
    }

    private struct Group: Hashable {
        var product: StreamProduct
        var partition: Int?
    }

    private static func urgency(_ request: BackfillRequest) -> (Instant, String, Int) {
        (request.range.from, request.product.rawValue, request.partition ?? 0)
    }

    private func asked(by jobs: [JobRecord], for group: Group) -> IntervalSet {
        IntervalSet(
            jobs.filter {
                !$0.state.isFinal && $0.product == group.product
                    && ($0.partition == nil || $0.partition == group.partition)
            }
            .map(\.range)
        )
    }

    private func ranges(for needs: [BackfillNeed], asked: IntervalSet, at now: Instant) -> [EventInterval] {
        let edge = limits.windowEdge(at: now)
        let missing = needs.reduce(into: IntervalSet()) { $0 = $0.union($1.missing) }.subtracting(asked)
        return
            missing
            .intersection(EventInterval(from: edge, to: max(edge, now)))
            .alignedOutward(to: limits.granularity)
            .intersection(EventInterval(from: edge, to: max(edge, now.alignedUp(to: limits.granularity))))
            .intervals
            .flatMap(split)
            .filter { limits.accepts($0, at: now) }
    }

    /// Cuts from the start, so that a long gap's first parts can be asked for while the last are still too young.
    private func split(_ interval: EventInterval) -> [EventInterval] {
        var parts: [EventInterval] = []
        var from = interval.from
        while from < interval.to {
            let to = min(interval.to, from + limits.requestMax)
            parts.append(EventInterval(from: from, to: to))
            from = to
        }
        return parts
    }

    private func request(for range: EventInterval, group: Group, needs: [BackfillNeed]) -> BackfillRequest {
        let touched = needs.filter { $0.missing.overlaps(range) }
        let byStream = Dictionary(grouping: touched, by: \.stream)
        return BackfillRequest(
            product: group.product,
            partition: group.partition,
            range: range,
            fills: byStream.keys.sorted().map { stream in
                let missing = (byStream[stream] ?? []).reduce(into: IntervalSet()) { $0 = $0.union($1.missing) }
                return StreamIntervals(stream: stream, intervals: missing.intersection(range).intervals)
            },
            gaps: touched.map(\.gap).sorted()
        )
    }
}
