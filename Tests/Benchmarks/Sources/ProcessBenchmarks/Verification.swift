import Glibc
import Kafka
import Tweets

/// Reads raw back and compares it with what was served.
struct Verification {
    /// Takes the whole body through the bridge once, to a broker that keeps all of it.
    ///
    /// Ends the benchmark where a Tweet is missing, there twice, under a wrong key, in a wrong partition, without its
    /// header, or not the very bytes that were sent.
    static func run(_ bridge: BridgeContender, body: TweetBody, feeder: StreamFeeder) {
        // The mock cluster keeps 5 MB of a partition.
        let partitions = max(6, body.plainBytes / (8 << 20))
        let broker = Broker(decahose: bridge.decahose, partitionCount: partitions)
        let stage = Stage(body: body, feeder: feeder, broker: broker)
        _ = bridge.run(stage, memberCount: body.members.count)
        var seen = [Bool](repeating: false, count: body.tweetCount)
        var count = 0
        do {
            try broker.readRaw { message in
                check(message, body, Int32(partitions), &seen)
                count += 1
            }
        } catch {
            stop("raw cannot be read back: \(error)")
        }
        if count != body.tweetCount { stop("raw holds \(count) records, not \(body.tweetCount)") }
        print("verified: \(count) Tweets in raw, each once, keyed, in its partition, byte for byte")
        fflush(nil)
    }

    private static func check(
        _ message: borrowing KafkaMessage,
        _ body: TweetBody,
        _ partitions: Int32,
        _ seen: inout [Bool]
    ) {
        guard let key = message.key, let id = TweetID(decimal: key),
            let number = body.source.number(of: id, count: body.tweetCount)
        else {
            stop("a record in raw has a key that is no Tweet's: \(message.key.map { Array($0) } ?? [])")
        }
        if seen[number] { stop("Tweet \(id) is in raw twice") }
        seen[number] = true
        guard let value = message.value, value.elementsEqual(body.source.line(number)) else {
            stop("Tweet \(id) is not in raw as it was sent")
        }
        if message.partition != KafkaPartitioner.partition(of: key, count: partitions) {
            stop("Tweet \(id) is in partition \(message.partition)")
        }
        guard let header = message.header("dh"), !header.isEmpty else { stop("Tweet \(id) has no header dh") }
    }
}
