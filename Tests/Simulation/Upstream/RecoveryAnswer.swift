import Ingest
import Recovery
import Tweets

/// The server's side of one recovery request.
final class RecoveryAnswer {
    /// When the head of the answer comes.
    let headAt: Int64
    /// An answer that is no stream; nil for one that is.
    let refusal: BackfillOutcome?
    /// Whether it says less than there is, without a word about it.
    private(set) var hasEndedEarly = false
    private let upstream: Upstream
    private var messages: [(stream: Int, place: Int)]
    private var next = 0
    /// The line before the end; nil where the server ends without a word.
    private let lastLine: String?
    private let end: TransferEnd

    init(
        _ upstream: Upstream,
        _ range: EventInterval,
        isAccepted: Bool,
        streams: [Int],
        trouble: Fault?,
        mayEndEarly: Bool,
        now: Int64,
        random: inout Dice
    ) {
        self.upstream = upstream
        headAt = now + Int64(random.next() % 3000)
        var all = streams.flatMap { stream in
            upstream.archive(range, stream: stream, now: now).map { (stream, $0) }
        }
        all.sort { upstream.tweets[$0.0][$0.1].created < upstream.tweets[$1.0][$1.1].created }
        var refusal: BackfillOutcome? =
            isAccepted ? nil : .http(status: 406, detail: "the range is not acceptable", retryAfter: nil)
        var lastLine: String? =
            upstream.plan.dialect == .gnip || random.next() & 1 == 0
            ? #"{"info":{"message":"Replay Request Completed","sent":"x","activity_count":\#(all.count)}}"# : nil
        var end = TransferEnd.serverClosed
        if let trouble {
            switch (random.next() ^ UInt64(trouble.at)) % 7 {
            case 0:
                refusal = .http(status: 503, detail: "simulated", retryAfter: nil)
            case 1:
                refusal = .http(status: 429, detail: "simulated", retryAfter: .seconds(30))
            case 2 where upstream.plan.dialect == .gnip:
                let count = max(1, Int(range.duration.milliseconds / 60_000))
                let minutes = (0..<1 + Int(random.next() % 3)).map { _ in
                    range.from + .seconds(60 * Int(random.next() % UInt64(count)))
                }
                all.removeAll { message in
                    let time = upstream.instant(message.0, message.1)
                    return minutes.contains { $0 <= time && time < $0 + .seconds(60) }
                }
                let list = minutes.map { "\"\($0)\"" }.joined(separator: ",")
                lastLine =
                    #"{"info":{"message":"Replay Request Completed with Errors","minutes_failed":[\#(list)]}}"#
            case 3 where upstream.plan.dialect == .gnip:
                let half = range.from + .milliseconds(Int64(Double(range.duration.milliseconds) * random.next().share))
                all.removeAll { upstream.instant($0.0, $0.1) >= half }
                lastLine =
                    #"{"info":{"message":"Replay Request Failed to Complete","unprocessed_range":{"fromDate":"\#(half)","toDate":"\#(range.to)"}}}"#
            case 4:
                all.removeLast(Int(random.next() % UInt64(all.count + 1)))
                lastLine = nil
                end = .network("the recovery was cut")
            case 5:
                // As an upstream answers that has other limits than it documents.
                refusal = .http(status: 400, detail: "simulated", retryAfter: nil)
            default:
                // Without a word, too early; never twice in a row, which nobody could tell from the truth.
                let room = range.duration - .seconds(15)
                guard mayEndEarly, room > .zero else { break }
                let last = range.from + .milliseconds(Int64(Double(room.milliseconds) * random.next().share))
                all.removeAll { upstream.instant($0.0, $0.1) >= last }
                lastLine = nil
                hasEndedEarly = true
            }
        }
        self.refusal = refusal
        self.lastLine = lastLine
        self.end = end
        messages = all
    }

    /// What comes next, at most so many Tweets; the end where nothing does.
    func pull(_ count: Int) -> (bytes: [UInt8], end: TransferEnd?) {
        var bytes: [UInt8] = []
        let last = min(messages.count, next + count)
        for (stream, place) in messages[next..<last] {
            let tweet = upstream.tweets[stream][place]
            UpstreamLines.append(tweet: tweet.id, tweet.size, to: &bytes)
            bytes += [0x0D, 0x0A]
        }
        next = last
        guard next == messages.count else { return (bytes, nil) }
        if let lastLine { bytes += Array("\(lastLine)\r\n".utf8) }
        return (bytes, end)
    }
}

extension Upstream {
    func instant(_ stream: Int, _ place: Int) -> Instant {
        SimulationPlan.start + .milliseconds(tweets[stream][place].created)
    }
}
