extension Scenario {
    /// What becomes of a log: duplicates, deletion, times.
    static let logs: [Scenario] = [
        Scenario(
            name: "a batch that is sent again is there once, and the answer names its first offset",
            topic: TopicShape(partitions: 2),
            expected: [
                "batch 0: 0",
                "batch 1: 2",
                "batch 2: 4",
                "batch 2 again: 4",
                "batch 0 again: 0",
                "batch 0 of another partition: 0",
                "so far, 0 [0/6/6] 0:a=0 1:b=between 2:a=1 3:b=between 4:a=2 5:b=between",
                "so far, 1 [0/1/1] 0:c=0",
                "batch 1, the fifth last, again: 2",
                "batch 0, older than five, again: out of sequence",
                "batch 0 of another producer: 9",
                "at last, 0 [0/10/10] 0:a=0 1:b=between 2:a=1 3:b=between 4:a=2 5:b=between 6:a=3 7:a=4 8:a=5 9:d=0",
                "at last, 1 [0/1/1] 0:c=0",
            ]
        ) { play in
            let producer = try play.log.idempotentProducer()
            for number in 0..<3 {
                try play.note("batch \(number)") {
                    try producer.send(WrittenRecord("a", "\(number)"), number: number, to: 0)
                }
                _ = try play.log.append(WrittenRecord("b", "between"), to: 0)
            }
            try play.note("batch 2 again") { try producer.send(WrittenRecord("a", "2"), number: 2, to: 0) }
            try play.note("batch 0 again") { try producer.send(WrittenRecord("a", "0"), number: 0, to: 0) }
            try play.note("batch 0 of another partition") {
                try producer.send(WrittenRecord("c", "0"), number: 0, to: 1)
            }
            try play.look("so far")
            for number in 3..<6 { _ = try producer.send(WrittenRecord("a", "\(number)"), number: number, to: 0) }
            try play.note("batch 1, the fifth last, again") {
                try producer.send(WrittenRecord("a", "1"), number: 1, to: 0)
            }
            try play.note("batch 0, older than five, again") {
                try producer.send(WrittenRecord("a", "0"), number: 0, to: 0)
            }
            let other = try play.log.idempotentProducer()
            try play.note("batch 0 of another producer") {
                try other.send(WrittenRecord("d", "0"), number: 0, to: 0)
            }
            try play.look("at last")
        },
        Scenario(
            name: "deleted records move the log's start, past an open transaction too",
            expected: [
                "delete before 2: done",
                "two deleted [2/3/6] 2:2=plain 3:t=open 4:4=plain 5:5=plain",
                "  committed 2:2=plain",
                "read from below the start: offset out of range",
                "read from beyond the end: offset out of range",
                "delete before 1: done",
                "the start does not move back [2/3/6] 2:2=plain 3:t=open 4:4=plain 5:5=plain",
                "  committed 2:2=plain",
                "delete before 5: done",
                "deleted past the open transaction [5/5/6] 5:5=plain",
                "  committed",
                "committed [5/7/7] 5:5=plain",
                "delete before 7: done",
                "all deleted [7/7/7]",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            for number in 0..<3 { _ = try play.log.append(WrittenRecord("\(number)", "plain"), to: 0) }
            try producer.write(WrittenRecord("t", "open"), to: 0)
            _ = try play.log.append(WrittenRecord("4", "plain"), to: 0)
            _ = try play.log.append(WrittenRecord("5", "plain"), to: 0)
            try play.attempt("delete before 2") { try play.log.deleteRecords(before: 2, of: 0) }
            try play.look("two deleted")
            try play.note("read from below the start") { try play.log.read(0, .uncommitted, from: 1) }
            try play.note("read from beyond the end") { try play.log.read(0, .uncommitted, from: 9) }
            try play.attempt("delete before 1") { try play.log.deleteRecords(before: 1, of: 0) }
            try play.look("the start does not move back")
            try play.attempt("delete before 5") { try play.log.deleteRecords(before: 5, of: 0) }
            try play.look("deleted past the open transaction")
            try producer.commit()
            try play.look("committed")
            try play.attempt("delete before 7") { try play.log.deleteRecords(before: 7, of: 0) }
            try play.look("all deleted")
        },
        Scenario(
            name: "retention takes old records from the front, past an open transaction too",
            topic: TopicShape(retention: 3600),
            needsOwnNode: true,
            expected: [
                "expired [3/3/6] 3:d=young 4:e=old behind it 5:f=young",
                "  committed",
                "read from where it began: offset out of range",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            _ = try play.log.append(WrittenRecord("a", "old", secondsAgo: 9000), to: 0)
            try producer.write(WrittenRecord("b", "old", secondsAgo: 8000), to: 0)
            _ = try play.log.append(WrittenRecord("c", "old", secondsAgo: 7000), to: 0)
            _ = try play.log.append(WrittenRecord("d", "young", secondsAgo: 10), to: 0)
            _ = try play.log.append(WrittenRecord("e", "old behind it", secondsAgo: 9000), to: 0)
            _ = try play.log.append(WrittenRecord("f", "young"), to: 0)
            try play.log.expireRecords(0)
            try play.look("expired")
            try play.note("read from where it began") { try play.log.read(0, .uncommitted, from: 0) }
        },
        Scenario(
            name: "offsets are found by time, each reader's within what it sees",
            topic: TopicShape(partitions: 2),
            expected: [
                "uncommitted, 500 s ago: 0",
                "uncommitted, 400 s ago: 0",
                "uncommitted, 320 s ago: 1",
                "uncommitted, 300 s ago: 1",
                "uncommitted, 150 s ago: 4",
                "uncommitted, 100 s ago: 5",
                "uncommitted, 50 s ago: none",
                "committed, 500 s ago: 0",
                "committed, 400 s ago: 0",
                "committed, 320 s ago: 1",
                "committed, 300 s ago: 1",
                "committed, 150 s ago: none",
                "committed, 100 s ago: none",
                "committed, 50 s ago: none",
                "an empty partition: none",
                "uncommitted, 150 s ago, after the abort: 4",
                "uncommitted, 50 s ago, after the abort: 6",
                "committed, 150 s ago, after the abort: 4",
                "committed, 50 s ago, after the abort: 6",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            for (number, ago) in [Int64(400), 300, 350, 200].enumerated() {
                _ = try play.log.append(WrittenRecord("\(number)", "plain", secondsAgo: ago), to: 0)
            }
            try producer.write(WrittenRecord("t", "open", secondsAgo: 150), to: 0)
            _ = try play.log.append(WrittenRecord("5", "plain", secondsAgo: 100), to: 0)
            for isolation in Isolation.allCases {
                for ago in [Int64(500), 400, 320, 300, 150, 100, 50] {
                    try play.note("\(isolation), \(ago) s ago") {
                        try play.log.offset(secondsAgo: ago, 0, isolation)
                    }
                }
            }
            try play.note("an empty partition") { try play.log.offset(secondsAgo: 100, 1, .uncommitted) }
            try producer.abort()
            for isolation in Isolation.allCases {
                for ago in [Int64(150), 50] {
                    try play.note("\(isolation), \(ago) s ago, after the abort") {
                        try play.log.offset(secondsAgo: ago, 0, isolation)
                    }
                }
            }
        },
    ]
}
