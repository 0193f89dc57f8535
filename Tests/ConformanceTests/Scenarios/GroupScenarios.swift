extension Scenario {
    /// The group's offsets in transactions.
    static let groups: [Scenario] = [
        Scenario(
            name: "offsets are pending while their transaction is open, and come with its commit alone",
            topic: TopicShape(partitions: 2),
            expected: [
                "at first, 0, now: none",
                "at first, 0, stable: none",
                "at first, 1, now: none",
                "at first, 1, stable: none",
                "open, 0, now: none",
                "open, 0, stable: pending",
                "open, 1, now: none",
                "open, 1, stable: none",
                "committed, 0, now: 4",
                "committed, 0, stable: 4",
                "committed, 1, now: none",
                "committed, 1, stable: none",
                "open again, 0, now: 4",
                "open again, 0, stable: pending",
                "open again, 1, now: none",
                "open again, 1, stable: pending",
                "aborted, 0, now: 4",
                "aborted, 0, stable: 4",
                "aborted, 1, now: none",
                "aborted, 1, stable: none",
                "committed twice in one, 0, now: 8",
                "committed twice in one, 0, stable: 8",
                "committed twice in one, 1, now: 1",
                "committed twice in one, 1, stable: 1",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            let member = try play.log.join("m")
            func tell(_ moment: String) throws {
                for partition in 0..<2 {
                    try play.note("\(moment), \(partition), now") {
                        try play.log.committed(partition, isStable: false)
                    }
                    try play.note("\(moment), \(partition), stable") {
                        try play.log.committed(partition, isStable: true)
                    }
                }
            }
            try tell("at first")
            try producer.sendOffset(4, of: 0, as: member.membership())
            try tell("open")
            try producer.commit()
            try tell("committed")
            try producer.write(WrittenRecord("a", "1"), to: 1)
            try producer.sendOffset(9, of: 0, as: member.membership())
            try producer.sendOffset(2, of: 1, as: member.membership())
            try tell("open again")
            try producer.abort()
            try tell("aborted")
            try producer.sendOffset(6, of: 0, as: member.membership())
            try producer.sendOffset(8, of: 0, as: member.membership())
            try producer.sendOffset(1, of: 1, as: member.membership())
            try producer.commit()
            try tell("committed twice in one")
        },
        Scenario(
            name: "an older generation may not send offsets; what it had sent before counts",
            topic: TopicShape(partitions: 2),
            expected: [
                "offsets of before the rebalance: stale member",
                "a commit of what was sent before it: done",
                "offsets of a partition that is the other's: done",
                "their commit: done",
                "committed, 0: 8",
                "committed, 1: 7",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            let other = try play.log.transactionalProducer("o")
            let first = try play.log.join("first")
            let stale = try first.membership()
            try producer.sendOffset(5, of: 0, as: stale)
            let second = try play.log.join("second")
            try play.attempt("offsets of before the rebalance") { try other.sendOffset(6, of: 1, as: stale) }
            try other.abort()
            try play.attempt("a commit of what was sent before it") { try producer.commit() }
            try play.attempt("offsets of a partition that is the other's") {
                try other.sendOffset(7, of: 1, as: first.membership())
                try other.sendOffset(8, of: 0, as: second.membership())
            }
            try play.attempt("their commit") { try other.commit() }
            for partition in 0..<2 {
                try play.note("committed, \(partition)") { try play.log.committed(partition, isStable: true) }
            }
        },
        Scenario(
            name: "a newer member of the same static name takes over, and the older may send nothing more",
            topic: TopicShape(partitions: 2),
            expected: [
                "the older's offsets: stale member",
                "the newer's offsets: done",
                "committed: 3",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            let older = try play.log.join("same")
            let stale = try older.membership()
            try producer.sendOffset(1, of: 0, as: stale)
            try producer.commit()
            let newer = try play.log.join("same")
            try play.attempt("the older's offsets") { try producer.sendOffset(2, of: 0, as: stale) }
            try producer.abort()
            try play.attempt("the newer's offsets") {
                try producer.sendOffset(3, of: 0, as: newer.membership())
                try producer.commit()
            }
            try play.note("committed") { try play.log.committed(0, isStable: true) }
        },
    ]
}
