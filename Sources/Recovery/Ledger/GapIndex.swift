import Tweets

/// Which gaps a look at a stream partition can change, so that a quarter's settled ones need not be gone through.
struct GapIndex: Sendable {
    private struct Stream: Sendable {
        /// Not ended, or lost for good and yet to be proven covered.
        var changing: Set<String> = []
        /// The newest end among those that can no longer change.
        var end = Instant(milliseconds: .min)
    }

    private var streams: [StreamPartition: Stream] = [:]
    /// Gaps for which something is still to be done.
    private(set) var unfinished: Set<String> = []
    /// Gaps that wait for dedup's commit.
    private(set) var filled: Set<String> = []

    /// Takes the state of a gap.
    mutating func note(_ gap: GapRecord) {
        if gap.state.isFinal { unfinished.remove(gap.id) } else { unfinished.insert(gap.id) }
        if gap.state == .filled { filled.insert(gap.id) } else { filled.remove(gap.id) }
        switch gap.state {
        case .open, .closed, .scheduled, .running, .partial, .unrecoverable:
            streams[gap.stream, default: Stream()].changing.insert(gap.id)
        case .filled, .settled, .withdrawn:
            end(gap)
        }
    }

    /// Forgets a gap.
    mutating func forget(_ gap: GapRecord) {
        unfinished.remove(gap.id)
        filled.remove(gap.id)
        streams[gap.stream]?.changing.remove(gap.id)
    }

    /// Notes that a stream partition's time before a moment is settled: what is lost of it stays lost.
    mutating func settle(_ stream: StreamPartition, before moment: Instant, _ gaps: [String: GapRecord]) {
        for id in streams[stream]?.changing ?? [] {
            guard let gap = gaps[id], gap.state.isFinal, gap.to <= moment else { continue }
            end(gap)
        }
    }

    /// The IDs of the gaps of a stream partition that a look can change.
    func changing(of stream: StreamPartition) -> Set<String> { streams[stream]?.changing ?? [] }

    /// The newest end among the gaps of a stream partition that can no longer change.
    func end(of stream: StreamPartition) -> Instant { streams[stream]?.end ?? Instant(milliseconds: .min) }

    private mutating func end(_ gap: GapRecord) {
        var stream = streams[gap.stream] ?? Stream()
        stream.changing.remove(gap.id)
        stream.end = max(stream.end, gap.to)
        streams[gap.stream] = stream
    }
}
