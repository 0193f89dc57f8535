import Ingest
import Tweets

/// One connection, as the server and the network between see it.
final class UpstreamLink {
    /// What the server makes of the backfill that was asked for.
    enum Backfill {
        case granted
        /// A share of it, with the rest missing everywhere.
        case share(Double)
        /// None of the lots in the range.
        case hole(Range<Int>)
    }

    let stream: Int
    let copy: Int
    let openedAt: Int64
    private let upstream: Upstream
    private var random: Dice
    /// The next lot to be sent.
    private var cursor: Int
    private let backfill: Backfill
    private var heartbeatAt: Int64
    /// Bytes that the network still has.
    private var held: [UInt8] = []
    private var inserted: [String] = []
    private var lastLine: String?
    private var end: TransferEnd?
    var isHalfOpen = false
    var silentUntil: Int64 = 0
    var slowUntil: Int64 = 0
    /// What the server knows: a client that vanished without a word keeps its place for a while.
    var placeUntil = Int64.max

    init(
        _ upstream: Upstream,
        stream: Int,
        copy: Int,
        from: Int64,
        backfill: Backfill,
        now: Int64,
        random: Dice
    ) {
        self.upstream = upstream
        self.stream = stream
        self.copy = copy
        self.backfill = backfill
        self.random = random
        openedAt = now
        cursor = Int(max(0, from) / Upstream.lot)
        heartbeatAt = now
    }

    /// Whether the server or the network has ended it.
    var isOver: Bool { end != nil }

    /// Ends it from the other side; what is on its way may come, in part.
    func cut(_ end: TransferEnd) {
        if self.end == nil { self.end = end }
    }

    /// The server says why, and ends it.
    func farewell(_ line: String) {
        lastLine = line
        cut(.serverClosed)
    }

    func insert(_ line: String) { inserted.append(line) }

    /// What has come since the last call, and the end if it has come.
    func pull(now: Int64) -> (bytes: [UInt8], end: TransferEnd?) {
        if isHalfOpen, end == nil { return ([], nil) }
        var bytes = held
        held = []
        if end == nil { send(now, &bytes) }
        for line in inserted {
            bytes += Array(line.utf8)
            bytes += [0x0D, 0x0A]
        }
        inserted = []
        if let end {
            if let lastLine { bytes += Array("\(lastLine)\r\n".utf8) } else if !bytes.isEmpty { cutTail(&bytes) }
            return (bytes, end)
        }
        // A chunk may end anywhere.
        if bytes.count > 2, random.next() & 3 == 0 { holdTail(&bytes) }
        return (bytes, nil)
    }

    private func send(_ now: Int64, _ bytes: inout [UInt8]) {
        let present = Int(now / Upstream.lot)
        // Older Tweets come first, faster than life.
        var last = min(present, cursor + 60)
        if now < silentUntil { last = cursor }
        if now < slowUntil { last = min(last, cursor + Int(random.next() & 1)) }
        while cursor < last {
            sendLot(&bytes)
            cursor += 1
        }
        if now - heartbeatAt >= 10_000 {
            heartbeatAt = now
            bytes += [0x0D, 0x0A]
        }
        guard present - cursor > 240, Int64(cursor) * Upstream.lot >= openedAt else { return }
        // The client, or the network, is too slow: the server's buffer is full.
        if random.next() & 1 == 0 { lastLine = UpstreamLines.farewells[1] }
        end = .serverClosed
    }

    private func sendLot(_ bytes: inout [UInt8]) {
        let isBackfill = Int64(cursor) * Upstream.lot < openedAt
        if isBackfill, case .hole(let range) = backfill, range.contains(cursor) { return }
        for message in upstream.messages(lot: cursor, stream: stream, copy: copy) {
            let tweet = upstream.tweet(message, stream: stream)
            if isBackfill, case .share(let share) = backfill,
                Dice.mix(tweet.id ^ UInt64(openedAt)).share >= share
            {
                continue
            }
            if message.isDelete {
                UpstreamLines.append(deleteOf: tweet.id, to: &bytes)
            } else {
                if tweet.withheldFrom >> UInt8(copy) & 1 == 1 { continue }
                UpstreamLines.append(tweet: tweet.id, tweet.size, to: &bytes)
            }
            bytes += [0x0D, 0x0A]
        }
    }

    private func holdTail(_ bytes: inout [UInt8]) {
        let kept = Int(random.next() % UInt64(bytes.count))
        held = Array(bytes[kept...])
        bytes.removeSubrange(kept...)
    }

    private func cutTail(_ bytes: inout [UInt8]) {
        bytes.removeSubrange(Int(random.next() % UInt64(bytes.count))...)
    }
}
