import Dedup
import ModelLog
import Tweets

/// Kafka's side: what brokers do by themselves, and what is done to a topic.
extension Simulation {
    func broker() {
        defer { brokerDue = min(brokerDue, now + 500) }
        brokerDue = now + 500
        guard !isAway else {
            // Whoever coordinates groups begins to count anew.
            expiryFrom = now + 10_000
            return
        }
        if log.hasDecided, !isInForce(.lateMarkers) {
            for _ in 0..<1 + Int(random.next() % 12) where log.hasDecided { log.complete(using: &random) }
            brokerDue = now + 10 + Int64(random.next() % 60)
        }
        // A broker looks for transactions that have lasted too long only so often.
        if now >= scanDue {
            scanDue = now + 10_000
            log.expireTransactions(now: Int(now))
        }
        if let until = offsetsExpire, log.group.isEmpty, !log.hasUnfinished {
            offsetsExpire = nil
            if now < until {
                log.group.expireOffsets()
                tell(.offsetsExpired, -1)
                reached("offsets expired")
            }
        }
        if now >= expiryFrom {
            log.group.expire(now: Int(now))
            coordinators.expire(now: Int(now))
        }
        guard now / 30_000 > (marks.last?.at ?? -30_000) / 30_000 else { return }
        marks.append((now, (0..<plan.kafkaPartitions).map { log["raw", $0].end }))
        guard now - compactedAt >= 600_000 else { return }
        compact()
    }

    /// A transaction was decided: its markers follow soon.
    func decided() { brokerDue = min(brokerDue, now + 5 + Int64(random.next() % 30)) }

    func compact() {
        compactedAt = now
        log["control", 0].compact(before: log["control", 0].lastStable - 5)
        control.sweep(log["control", 0])
        expireChangelog()
        guard let mark = marks.last(where: { $0.at <= now - plan.compactionLag }) else { return }
        for number in 0..<plan.kafkaPartitions {
            noteUnread(number, before: mark.ends[number])
            let count = log["raw", number].compact(before: mark.ends[number])
            if count > 0 {
                tell(.compacted, -1, Int64(number), Int64(count))
                reached("raw compacted")
            }
        }
    }

    /// Retention of the changelog: the horizon and a margin, which is a day in the topics' layout.
    private func expireChangelog() {
        // No less than two clocks can differ.
        let kept = plan.horizon + .seconds(1800)
        for number in 0..<plan.kafkaPartitions {
            let old = log["seen", number].offset(notBefore: (trueTime - kept).milliseconds, .committed)
            guard let old, old > log["seen", number].start else { continue }
            log["seen", number].retain(from: old)
            reached("changelog expired")
        }
    }

    /// What is written where something else stood may be read by nobody.
    func noteRewritten(_ id: TweetID, _ number: Int, at offset: Int64) {
        guard let end = rewritten[number], offset < end else { return }
        takenUnread.insert(id.rawValue)
    }

    /// What is taken out of raw before dedup has committed it may be anything.
    private func noteUnread(_ number: Int, before offset: Int64) {
        let committed = max(log.committedNow(number) ?? 0, log["raw", number].start)
        guard committed < offset, let batch = try? log["raw", number].fetch(from: committed, .uncommitted, limit: .max)
        else { return }
        for (place, record) in batch.records where place < offset {
            guard let id = (record.key ?? []).withUnsafeBytes({ TweetID(decimal: $0) }) else { continue }
            takenUnread.insert(id.rawValue)
        }
    }

    func retain(_ number: Int, from offset: Int64) {
        guard offset > log["raw", number].start else { return }
        noteUnread(number, before: offset)
        log["raw", number].retain(from: offset)
        tell(.retained, -1, Int64(number), offset)
    }

    /// A leader that was not in sync takes over: the newest records are gone.
    ///
    /// - Returns: Whether any were.
    func truncate(_ number: Int, by count: Int64) -> Bool {
        let before = log["raw", number].end
        let end = max(log["raw", number].start, before - count)
        noteUnread(number, before: .max)
        guard log["raw", number].truncate(to: end) else { return false }
        for index in marks.indices { marks[index].ends[number] = min(marks[index].ends[number], end) }
        damaged.insert(number)
        rewritten[number] = max(rewritten[number] ?? 0, log.committedNow(number) ?? 0, before)
        tell(.truncated, -1, Int64(number), end)
        return true
    }

    /// Somebody deletes the oldest records of a changelog, a share of them.
    ///
    /// - Returns: Whether any were.
    func cutChangelog(_ number: Int, share: Double) -> Bool {
        let seen = log["seen", number]
        // What is left tells where raw was read to: without it, and without the group's offsets, nobody can know that.
        let cut = min(seen.start + Int64(Double(seen.end - seen.start) * share), seen.lastStable - 20)
        guard cut > seen.start else { return false }
        log["seen", number].retain(from: cut)
        damaged.insert(number)
        return true
    }

    /// Dedup cannot work on a partition: where that has its reason somebody is called.
    func refused(_ number: Int, by process: DedupProcess, _ reason: String) {
        tell(.refusedPartition, process.who, Int64(number))
        reached("partition refused")
        guard damaged.contains(number) || clocksWereOff else {
            return violate("\(process.host) was refused partition \(number): \(reason)")
        }
        operatorAtWork.call()
    }

    /// What was damaged is whole again.
    func repaired(_ number: Int) { damaged.remove(number) }

    /// All instances are stopped for a rebuild.
    func stopDedup() {
        for process in processes where process.role == .dedup { kill(process, down: 0) }
    }

    /// Dedup is away until then, so that the group's offsets expire once it is empty.
    func expireOffsets(until time: Int64) { offsetsExpire = time }

    /// Whether raw was filled anew beyond the offset that a changelog ends with, as the production finds it.
    func isRawYounger(_ number: Int, than lastWritten: Instant?, at offset: Int64) -> Bool {
        let raw = log["raw", number]
        guard let later = lastWritten.map({ ($0 + DedupTiming.aheadMax).milliseconds }),
            let batch = try? raw.fetch(from: raw.start, .uncommitted, limit: .max)
        else { return false }
        return batch.records.contains { $0.offset < offset && $0.record.timestamp >= later }
    }

    /// The first offset that was written at or after a moment, or a later one.
    func firstOffset(_ number: Int, at time: Instant) -> Int64? {
        let moment = (time - SimulationPlan.start).milliseconds
        return marks.first { $0.at >= moment }?.ends[number]
    }

    func partition(of key: [UInt8]) -> Int {
        key.withUnsafeBytes { Int(KafkaPartitioner.partition(of: $0, count: Int32(plan.kafkaPartitions))) }
    }

    func newProducerNumber() -> Int {
        producers += 1
        // Transactional producers count from 0.
        return 1000 + producers
    }
}
