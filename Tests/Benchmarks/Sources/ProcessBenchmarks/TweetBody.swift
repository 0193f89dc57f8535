import GzipMember
import Tweets

/// Distinct Tweets, compressed ahead of time into gzip members that can be served as fast as a socket takes them.
struct TweetBody: Sendable {
    /// A live server flushes after some Tweets, about as often as this.
    private static let flushBytes = 64 << 10

    let source: TweetSource
    let members: [[UInt8]]
    /// Tweets in each member.
    let tweetsPerMember: Int
    /// Bytes of all lines, their ends included.
    let plainBytes: Int

    /// Compresses `memberCount` members of Tweets.
    init(_ source: TweetSource, memberCount: Int, tweetsPerMember: Int = 10_000) {
        self.source = source
        self.tweetsPerMember = tweetsPerMember
        var members: [[UInt8]] = []
        var plainBytes = 0
        var plain: [UInt8] = []
        for member in 0..<memberCount {
            plain.removeAll(keepingCapacity: true)
            for number in member * tweetsPerMember..<(member + 1) * tweetsPerMember {
                source.append(number, to: &plain)
                plain.append(0x0D)
                plain.append(0x0A)
            }
            plainBytes += plain.count
            members.append(Self.compressed(plain))
        }
        self.members = members
        self.plainBytes = plainBytes
    }

    /// The time of the first Tweet, which the server also says is now.
    var start: Instant { source.start }
    var tweetCount: Int { members.count * tweetsPerMember }
    var compressedBytes: Int { members.reduce(0) { $0 + $1.count } }

    private static func compressed(_ plain: [UInt8]) -> [UInt8] {
        let bound = gzip_member_bound(plain.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            count = gzip_member(plain, plain.count, flushBytes, output.baseAddress, bound)
            precondition(count > 0, "zlib could not compress a member")
        }
    }
}
