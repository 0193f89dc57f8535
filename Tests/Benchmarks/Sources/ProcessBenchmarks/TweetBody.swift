import Glibc
import GzipMember
import Ingest
import Tweets

/// Distinct Tweets, compressed ahead of time into gzip members that can be served as fast as a socket takes them.
///
/// Tweet `n` is payload `n % payloads` with an ID and numbers of its own.
struct TweetBody: Sendable {
    /// Tweets in each member.
    static let tweetsPerMember = 10_000
    /// How many there are in a millisecond of event time.
    private static let tweetsPerMillisecond: UInt64 = 6
    /// A live server flushes after some Tweets, about as often as this.
    private static let flushBytes = 64 << 10

    let members: [[UInt8]]
    /// Bytes of all lines, their ends included.
    let plainBytes: Int
    /// The time of the first Tweet, which the server also says is now.
    let start: Instant

    private let payloads: [Payload]

    /// Compresses `memberCount` members of Tweets made of these payloads; nil where a payload names no Tweet.
    init?(lines: [[UInt8]], memberCount: Int, start: Instant) {
        var payloads: [Payload] = []
        for line in lines {
            guard let payload = Payload(line) else { return nil }
            payloads.append(payload)
        }
        guard !payloads.isEmpty else { return nil }
        self.payloads = payloads
        self.start = start
        var members: [[UInt8]] = []
        var plainBytes = 0
        var plain: [UInt8] = []
        for member in 0..<memberCount {
            plain.removeAll(keepingCapacity: true)
            for number in member * Self.tweetsPerMember..<(member + 1) * Self.tweetsPerMember {
                Self.append(number, start, payloads, to: &plain)
                plain.append(0x0D)
                plain.append(0x0A)
            }
            plainBytes += plain.count
            members.append(Self.compressed(plain))
        }
        self.members = members
        self.plainBytes = plainBytes
    }

    var tweetCount: Int { members.count * Self.tweetsPerMember }
    var compressedBytes: Int { members.reduce(0) { $0 + $1.count } }

    /// The number of the Tweet with this ID; nil where there is none.
    func number(of id: TweetID) -> Int? {
        let milliseconds = (id.rawValue >> 22) &- UInt64(start.milliseconds - TweetID.snowflakeEpoch)
        let number = milliseconds &* Self.tweetsPerMillisecond &+ id.rawValue & 0xFFF
        guard milliseconds < 1 << 32, number < UInt64(tweetCount), Self.id(Int(number), start) == id else { return nil }
        return Int(number)
    }

    /// A Tweet's line without its end.
    func line(_ number: Int) -> [UInt8] {
        var line: [UInt8] = []
        Self.append(number, start, payloads, to: &line)
        return line
    }

    private static func id(_ number: Int, _ start: Instant) -> TweetID? {
        let (milliseconds, sequence) = UInt64(number).quotientAndRemainder(dividingBy: tweetsPerMillisecond)
        let time = UInt64(start.milliseconds - TweetID.snowflakeEpoch) + milliseconds
        return TweetID(time << 22 | 0x155 << 12 | sequence)
    }

    private static func append(_ number: Int, _ start: Instant, _ payloads: [Payload], to output: inout [UInt8]) {
        guard let id = id(number, start) else { return }
        id.withDecimal { payloads[number % payloads.count].append(number, id: $0, to: &output) }
    }

    private static func compressed(_ plain: [UInt8]) -> [UInt8] {
        let bound = gzip_member_bound(plain.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            count = gzip_member(plain, plain.count, flushBytes, output.baseAddress, bound)
            precondition(count > 0, "zlib could not compress a member")
        }
    }
}
