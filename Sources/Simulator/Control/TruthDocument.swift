import HTTPTypes
import HummingbirdCore
import NIOCore
import Operations
import Tweets
import World

/// What exists in a stretch of creation time: the answer that everything else is compared with.
struct TruthDocument: Sendable {
    enum Format: String, Sendable {
        /// One object.
        case json
        /// An object a Tweet.
        case ndjson
        /// `<id> <partition> [<time of delete>]` a line.
        case ids
    }

    let world: World
    let interval: EventInterval
    let format: Format
    /// Deletes after it are not told: nobody knows of them yet.
    let deletedBy: Instant
    /// Only this stream partition; all where nil.
    let partition: Int?

    /// Writes second by second, so that a million IDs take no memory.
    func write(to writer: consuming ResponseWriter) async throws {
        var headers = HTTPFields()
        headers[.contentType] = format == .json ? "application/json" : "text/plain; charset=utf-8"
        headers[.date] = TimeTexts(second: WallClock.now().milliseconds / 1000).http
        var body = try await writer.writeHead(HTTPResponse(status: .ok, headerFields: headers))
        var counts: [Int: (tweets: Int, deletes: Int)] = [:]
        var output = ByteBuffer()
        let partitions = partition.map { [$0] } ?? Array(1...world.partitionCount)
        if format == .json {
            output.writeString(
                #"{"from":"\#(interval.from)","to":"\#(interval.to)","deletedBy":"\#(deletedBy)","partitions":{"#
            )
        }
        for partition in partitions {
            if format == .json {
                output.writeString((partition == partitions[0] ? "" : "},") + #""\#(partition)":{"ids":["#)
            }
            var deletes: [(TweetID, Instant)] = []
            var count = 0
            var from = max(interval.from, world.options.start)
            while from < interval.to {
                let to = min((from + .seconds(1)).alignedDown(to: .seconds(1)), interval.to)
                for id in world.tweets(in: EventInterval(from: from, to: to), partition: partition) {
                    let deletion = world.deletion(of: id).flatMap { $0 <= deletedBy ? $0 : nil as Instant? }
                    if let deletion { deletes.append((id, deletion)) }
                    append(id, partition, deletion, isFirst: count == 0, to: &output)
                    count += 1
                }
                from = to
                if output.readableBytes > 64 << 10 {
                    try await body.write(output)
                    output = ByteBuffer()
                }
            }
            counts[partition] = (count, deletes.count)
            if format == .json {
                let list = deletes.map { #"{"id":"\#($0.0)","at":"\#($0.1)"}"# }.joined(separator: ",")
                output.writeString(#"],"count":\#(count),"deletes":[\#(list)]"#)
            }
        }
        if format == .json {
            let tweets = counts.values.reduce(0) { $0 + $1.tweets }
            let deletes = counts.values.reduce(0) { $0 + $1.deletes }
            output.writeString("}},\"count\":\(tweets),\"deletes\":\(deletes)}\n")
        }
        try await body.write(output)
        try await body.finish(nil)
    }

    private func append(
        _ id: TweetID,
        _ partition: Int,
        _ deletion: Instant?,
        isFirst: Bool,
        to output: inout ByteBuffer
    ) {
        switch format {
        case .json:
            output.writeString(isFirst ? "\"" : ",\"")
            id.withDecimal { _ = output.writeBytes($0) }
            output.writeString("\"")
        case .ndjson:
            output.writeString(#"{"id":"\#(id)","partition":\#(partition)"#)
            if let deletion { output.writeString(#","deleted":"\#(deletion)""#) }
            output.writeString("}\n")
        case .ids:
            id.withDecimal { _ = output.writeBytes($0) }
            output.writeString(" \(partition)")
            if let deletion { output.writeString(" \(deletion)") }
            output.writeString("\n")
        }
    }
}
