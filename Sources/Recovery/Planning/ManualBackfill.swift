public import Tweets

/// What an operator's wish to recover a stretch of event time comes to.
public struct ManualBackfill: Sendable {
    /// A part that cannot be asked for now.
    public struct Left: Hashable, Sendable {
        /// Of the stretch that was wished for.
        public var range: EventInterval
        /// Why, with the limit that it fails; for people, without an end mark.
        public var reason: String
    }

    /// The jobs, which the next turn writes.
    public internal(set) var jobs: [JobRecord] = []
    /// What they leave out.
    public internal(set) var left: [Left] = []
    /// Why there are no jobs, where that has nothing to do with time; for people, without an end mark.
    public internal(set) var refusal: String?

    /// Nothing comes of it.
    init(refusal: String? = nil) {
        self.refusal = refusal
    }

    /// Cuts a stretch to what the upstream would answer now.
    ///
    /// - Returns: The part that can be asked for, empty where there is none; what is left out is noted.
    mutating func cut(_ range: EventInterval, to limits: DialectLimits, at now: Instant) -> EventInterval {
        let oldest = limits.windowEdge(at: now)
        let youngest = (now - limits.toAgeMin).alignedDown(to: limits.granularity)
        if range.from < oldest {
            left.append(
                Left(
                    range: EventInterval(from: range.from, to: min(range.to, oldest)),
                    reason: "older than the \(limits.window.forPeople) that the upstream keeps: it can be asked for "
                        + "time from \(oldest) on"
                )
            )
        }
        var askable = EventInterval(from: max(range.from, oldest), to: min(range.to, youngest))
        let isTooYoung = askable.from > now - limits.fromAgeMin
        if range.to > youngest || isTooYoung {
            let from = isTooYoung ? max(range.from, oldest) : max(range.from, youngest)
            if from < range.to {
                left.append(
                    Left(
                        range: EventInterval(from: from, to: range.to),
                        reason: "too young: a request may begin at \(now - limits.fromAgeMin) at the latest and end at "
                            + "\(youngest); ask again later"
                    )
                )
            }
        }
        if isTooYoung || askable.to < askable.from { askable = EventInterval(from: range.from, to: range.from) }
        return askable
    }
}
