import Tweets

/// Distinct Tweets without end, made of a few payloads.
///
/// Tweet `n` is payload `n % payloads` with an ID and numbers of its own.
struct TweetSource: Sendable {
    /// How many there are in a millisecond of event time.
    private static let tweetsPerMillisecond: UInt64 = 6

    /// The time of the first Tweet.
    let start: Instant
    private let payloads: [Payload]

    /// Cuts the payloads; nil where one names no Tweet, or there is none.
    init?(lines: [[UInt8]], start: Instant) {
        var payloads: [Payload] = []
        for line in lines {
            guard let payload = Payload(line) else { return nil }
            payloads.append(payload)
        }
        guard !payloads.isEmpty else { return nil }
        self.payloads = payloads
        self.start = start
    }

    /// The number of the Tweet with this ID; nil where it is none of the first `count`.
    func number(of id: TweetID, count: Int) -> Int? {
        let milliseconds = (id.rawValue >> 22) &- UInt64(start.milliseconds - TweetID.snowflakeEpoch)
        let number = milliseconds &* Self.tweetsPerMillisecond &+ id.rawValue & 0xFFF
        guard milliseconds < 1 << 32, number < UInt64(count), self.id(Int(number)) == id else { return nil }
        return Int(number)
    }

    /// A Tweet's ID.
    func id(_ number: Int) -> TweetID? {
        let (milliseconds, sequence) = UInt64(number).quotientAndRemainder(dividingBy: Self.tweetsPerMillisecond)
        let time = UInt64(start.milliseconds - TweetID.snowflakeEpoch) + milliseconds
        return TweetID(time << 22 | 0x155 << 12 | sequence)
    }

    /// A Tweet's line without its end.
    func line(_ number: Int) -> [UInt8] {
        var line: [UInt8] = []
        append(number, to: &line)
        return line
    }

    /// Appends a Tweet's line without its end.
    func append(_ number: Int, to output: inout [UInt8]) {
        guard let id = id(number) else { return }
        id.withDecimal { payloads[number % payloads.count].append(number, id: $0, to: &output) }
    }
}
