import HummingbirdCore
import NIOCore
import Operations
import Tweets
import World

/// The writing side of one stream: lines in, chunks of compressed bytes out, and what was sent counted.
struct StreamOutput<Body: ResponseBodyWriter> {
    private var body: Body
    private let compressor: any StreamCompressor
    private let stream: OpenStream
    private let heartbeat: Duration
    private let memberSeconds: Double
    private var generator: SplitMix64
    private var heartbeatDue: Instant
    private var memberEnds: Instant
    private var counts = OpenStream.Progress()
    /// How many wire bytes may still be sent by a limit; refilled by the owner.
    var allowance = 0.0

    init(
        body: Body,
        compressor: any StreamCompressor,
        stream: OpenStream,
        heartbeat: Duration,
        memberSeconds: Double,
        seed: UInt64
    ) {
        self.body = body
        self.compressor = compressor
        self.stream = stream
        self.heartbeat = heartbeat
        self.memberSeconds = memberSeconds
        generator = SplitMix64(seed: seed, salt: 0x0D7)
        heartbeatDue = stream.target.opened + heartbeat
        memberEnds = stream.target.opened
        memberEnds = nextMemberEnd(after: stream.target.opened)
    }

    /// How many bytes wait to be written.
    var pendingBytes: Int { compressor.pendingBytes }

    mutating func append(_ values: SlotValues) {
        compressor.append(values)
        counts.tweets += 1
    }

    mutating func appendNotice(_ line: [UInt8]) {
        compressor.append(line)
        counts.notices += 1
    }

    mutating func appendText(_ text: String) {
        appendNotice(Array(text.utf8) + [0x0D, 0x0A])
    }

    mutating func appendHeartbeat(ifDueAt now: Instant) {
        guard heartbeatDue <= now else { return }
        heartbeatDue = now + heartbeat
        compressor.append([0x0D, 0x0A])
        counts.heartbeats += 1
    }

    mutating func countWithheld() {
        counts.withheld += 1
    }

    /// Writes what waits and returns how long the client let us wait.
    mutating func flush(reached: Instant?, at now: Instant) async throws -> Duration {
        var endsMember = false
        if memberSeconds > 0, memberEnds <= now {
            endsMember = true
            memberEnds = nextMemberEnd(after: now)
        }
        let chunk = compressor.take(endsMember: endsMember)
        return try await write(chunk, reached: reached, at: now)
    }

    /// Writes the rest and the end of the response, and closes the connection.
    mutating func finish(reached: Instant?) async throws {
        _ = try await write(compressor.finish(), reached: reached, at: WallClock.now())
        try await body.finish(nil)
        stream.closeGently()
    }

    /// Writes the rest but for its last bytes, so that the gzip stream ends in the middle of a line.
    mutating func finishTruncated() async throws {
        var rest = compressor.finish()
        // More than the end of a member and of a line take, less than a line: a share of the whole may end between two lines.
        rest = rest.readSlice(length: max(rest.readableBytes / 2, rest.readableBytes - 40)) ?? rest
        _ = try await write(rest, reached: nil, at: WallClock.now())
        try await body.finish(nil)
        stream.closeGently()
    }

    private mutating func write(_ chunk: ByteBuffer, reached: Instant?, at now: Instant) async throws -> Duration {
        var rest = chunk
        counts.wireBytes += rest.readableBytes
        counts.plainBytes = compressor.plainBytes
        counts.reached = reached ?? counts.reached
        var counts = counts
        counts.waitsSince = now
        stream.update { $0 = counts }
        let start = ContinuousClock.now
        allowance -= Double(rest.readableBytes)
        // Chunks of HTTP end where they like, at the lengths that break parsers too.
        if rest.readableBytes > 1, rest.readableBytes < 65536, UInt.random(in: 0..<4, using: &generator) == 0 {
            let cut = Int.random(in: 1..<rest.readableBytes, using: &generator)
            if let first = rest.readSlice(length: cut) { try await body.write(first) }
        }
        if rest.readableBytes > 0 { try await body.write(rest) }
        stream.update { $0.waitsSince = nil }
        return ContinuousClock.now - start
    }

    private mutating func nextMemberEnd(after now: Instant) -> Instant {
        let share = Double.random(in: 0.5..<1.5, using: &generator)
        return now + .milliseconds(Int64(1000 * memberSeconds * share))
    }
}
