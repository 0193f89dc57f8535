import Dedup
import Kafka
import Tweets

/// Reads `tweets` as far back as the horizon demands.
extension DedupRebuild {
    /// So many records at the end tell how far event time has come.
    private static let tail: Int64 = 1000

    func readTweets(
        _ partition: Int32,
        _ clients: DedupClients,
        _ place: RebuildPlace,
        whole: (Double) -> ReadingProgress
    ) throws -> RebuildFold {
        let tweets = KafkaPartition(topic: environment.names.tweets, partition: partition)
        guard let marks = try clients.watermarks.watermarks(of: [tweets], timeout: Self.callTimeout)[tweets] else {
            throw KafkaError(code: .timedOut)
        }
        let first = try firstOffset(tweets, marks, clients, place)
        say("partition \(partition): read from offset \(first) on, out of \(marks.low) to \(marks.high)\n")
        var fold = RebuildFold(timing: environment.timing)
        try read(tweets, from: first, to: marks.high, clients, place) { message, id in
            let received = Self.received(message)
            // Where retention has reached into what is read, IDs that it took are not provably new.
            if fold.records == 0, first == marks.low, marks.low > 0 { fold.isCut(before: received) }
            fold.add(id, isDelete: message.value == nil, received: received)
        } show: { position in
            let share = Double(position - first) / Double(marks.high - first)
            say(
                "partition \(partition): at offset \(position) of \(marks.high), \(fold.records) records; "
                    + "in all \(whole(share).text)\n"
            )
        }
        return fold
    }

    /// The input offset that the changelog's last readable record names; nil where nothing is left of it.
    ///
    /// Up to there raw was read, whatever else is gone: what retention took from there on is a loss that can be told.
    func changelogEnd(_ partition: Int32, _ clients: DedupClients, _ place: RebuildPlace) throws -> Int64? {
        let seen = KafkaPartition(topic: environment.names.seen, partition: partition)
        guard let marks = try clients.watermarks.watermarks(of: [seen], timeout: Self.callTimeout)[seen] else {
            throw KafkaError(code: .timedOut)
        }
        var end: Int64?
        try readRecords(seen, from: max(marks.low, marks.high - Self.tail), to: marks.high, clients, place) { message in
            guard let record = message.value.flatMap({ try? SeenRecord(decoding: $0) }) else { return }
            end = record.nextOffset
        }
        return end
    }

    /// Where to begin so that nothing within the horizon lies before.
    ///
    /// Every record there is stamped earlier than the late line less five minutes, and no ID but one of the far future,
    /// which expires by its stamp, was created later than five minutes after its record's stamp. The event time so far
    /// is taken from the end of the topic: it can only be further on.
    private func firstOffset(
        _ tweets: KafkaPartition,
        _ marks: KafkaWatermarks,
        _ clients: DedupClients,
        _ place: RebuildPlace
    ) throws -> Int64 {
        var newest: Instant?
        let from = max(marks.low, marks.high - Self.tail)
        try read(tweets, from: from, to: marks.high, clients, place) { message, id in
            guard let created = id.createdAt, created <= Self.received(message) + DedupTiming.aheadMax else { return }
            newest = newest.map { max($0, created) } ?? created
        }
        guard let newest else { return marks.low }
        let line = newest - environment.timing.horizon - DedupTiming.aheadMax
        let found = try clients.producer.offsets(at: [(tweets, line.milliseconds)], timeout: Self.callTimeout)
        // A logical offset, below zero, stands for "none": then there is nothing to rely on.
        return max(marks.low, found.first?.offset ?? marks.low)
    }

    private func read(
        _ tweets: KafkaPartition,
        from first: Int64,
        to end: Int64,
        _ clients: DedupClients,
        _ place: RebuildPlace,
        _ take: (borrowing KafkaMessage, TweetID) -> Void,
        show: (Int64) -> Void = { _ in }
    ) throws {
        try readRecords(
            tweets,
            from: first,
            to: end,
            clients,
            place,
            { message in
                guard let id = message.key.flatMap({ TweetID(decimal: $0) }) else { return }
                take(message, id)
            },
            show: show
        )
    }

    private func readRecords(
        _ partition: KafkaPartition,
        from first: Int64,
        to end: Int64,
        _ clients: DedupClients,
        _ place: RebuildPlace,
        _ take: (borrowing KafkaMessage) -> Void,
        show: (Int64) -> Void = { _ in }
    ) throws {
        guard first < end else { return }
        let reader = try KafkaConsumer(
            DedupClients.changelogProperties(environment),
            observer: environment.observer
        )
        try reader.assign([KafkaPosition(partition, offset: first)])
        var position = first
        var servedAt = ContinuousClock.now
        var shownAt = servedAt
        while position < end {
            switch reader.poll(timeout: .milliseconds(100)) {
            case .nothing: break
            case .message(let message):
                position = message.offset + 1
                if message.offset < end { take(message) }
            case .partitionEnd(let reached):
                // Behind an open transaction: the end comes again when it has ended.
                position = max(position, reached.offset)
            case .error(let error, _):
                throw error
            }
            let now = ContinuousClock.now
            if now - servedAt > .milliseconds(200) {
                servedAt = now
                try place.hold()
            }
            if now - shownAt >= environment.progressInterval {
                shownAt = now
                show(position)
            }
        }
    }

    /// The time that dedup noted behind the provenance; the timestamp where it is not there.
    private static func received(_ message: borrowing KafkaMessage) -> Instant {
        let stamp = Instant(milliseconds: message.timestampMilliseconds ?? 0)
        guard let header = message.header(RecordHeader.name) else { return stamp }
        for field in header.split(separator: 0x20) where field.starts(with: "r=".utf8) {
            let digits = UnsafeRawBufferPointer(rebasing: field.dropFirst(2))
            if let number = TweetID(decimal: digits) { return Instant(milliseconds: Int64(number.rawValue)) }
        }
        return stamp
    }
}
