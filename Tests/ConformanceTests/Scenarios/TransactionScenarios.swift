extension Scenario {
    /// Transactions and what readers see of them.
    static let transactions: [Scenario] = [
        Scenario(
            name: "committed, aborted and plain records, interleaved over two partitions",
            topic: TopicShape(partitions: 2),
            expected: [
                "both open, 0 [0/0/4] 0:a=first 1:b=second 2:d=plain 3:f=first",
                "  committed",
                "both open, 1 [0/0/2] 0:c=first 1:e=second",
                "  committed",
                "first committed, 0 [0/1/5] 0:a=first 1:b=second 2:d=plain 3:f=first",
                "  committed 0:a=first",
                "first committed, 1 [0/1/3] 0:c=first 1:e=second",
                "  committed 0:c=first",
                "second aborted, 0 [0/6/6] 0:a=first 1:b=second 2:d=plain 3:f=first",
                "  committed 0:a=first 2:d=plain 3:f=first",
                "second aborted, 1 [0/4/4] 0:c=first 1:e=second",
                "  committed 0:c=first",
                "first committed again, 0 [0/7/7] 0:a=first 1:b=second 2:d=plain 3:f=first 6:g=plain",
                "  committed 0:a=first 2:d=plain 3:f=first 6:g=plain",
                "first committed again, 1 [0/6/6] 0:c=first 1:e=second 4:a=again",
                "  committed 0:c=first 4:a=again",
            ]
        ) { play in
            let first = try play.log.transactionalProducer("first")
            let second = try play.log.transactionalProducer("second")
            try first.write(WrittenRecord("a", "first"), to: 0)
            try second.write(WrittenRecord("b", "second"), to: 0)
            try first.write(WrittenRecord("c", "first"), to: 1)
            _ = try play.log.append(WrittenRecord("d", "plain"), to: 0)
            try second.write(WrittenRecord("e", "second"), to: 1)
            try first.write(WrittenRecord("f", "first"), to: 0)
            try play.look("both open")
            try first.commit()
            try play.look("first committed")
            try second.abort()
            try play.look("second aborted")
            _ = try play.log.append(WrittenRecord("g", "plain"), to: 0)
            try first.write(WrittenRecord("a", "again"), to: 1)
            try first.commit()
            try play.look("first committed again")
        },
        Scenario(
            name: "an open transaction holds back what was committed behind it",
            expected: [
                "two committed behind an open one [0/1/6] 0:a=before 1:b=slow 2:c=one 4:c=two",
                "  committed 0:a=before",
                "read from between: []",
                "the open one committed [0/7/7] 0:a=before 1:b=slow 2:c=one 4:c=two",
                "read from a marker on: [4:c=two]",
            ]
        ) { play in
            let slow = try play.log.transactionalProducer("slow")
            let quick = try play.log.transactionalProducer("quick")
            _ = try play.log.append(WrittenRecord("a", "before"), to: 0)
            try slow.write(WrittenRecord("b", "slow"), to: 0)
            for value in ["one", "two"] {
                try quick.write(WrittenRecord("c", value), to: 0)
                try quick.commit()
            }
            try play.look("two committed behind an open one")
            try play.note("read from between") { try play.log.read(0, .committed, from: 1) }
            try slow.commit()
            try play.look("the open one committed")
            try play.note("read from a marker on") { try play.log.read(0, .committed, from: 3) }
        },
        Scenario(
            name: "a transaction of nothing, and one of offsets alone, leave no marker",
            expected: [
                "after all of them [0/1/1] 0:a=1",
                "committed: 1",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            let member = try play.log.join("m")
            _ = try play.log.append(WrittenRecord("a", "1"), to: 0)
            try producer.commit()
            try producer.abort()
            try producer.sendOffset(1, of: 0, as: member.membership())
            try producer.commit()
            try play.look("after all of them")
            try play.note("committed") { try play.log.committed(0, isStable: true) }
        },
        Scenario(
            name: "a transaction that takes too long is aborted by the broker, and its producer is fenced",
            topic: TopicShape(transactionTimeout: 5),
            expected: [
                "open [0/0/2] 0:a=late 1:b=late too",
                "  committed",
                "timed out [0/4/4] 0:a=late 1:b=late too",
                "  committed",
                "its next write: fenced",
                "the other's commit: fenced",
                "the successor committed [0/6/6] 0:a=late 1:b=late too 4:a=anew",
                "  committed 4:a=anew",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            let other = try play.log.transactionalProducer("o")
            try producer.write(WrittenRecord("a", "late"), to: 0)
            try other.write(WrittenRecord("b", "late too"), to: 0)
            try play.look("open")
            try play.log.timeOutTransactions()
            try play.look("timed out")
            try play.attempt("its next write") { try producer.write(WrittenRecord("a", "later"), to: 0) }
            try play.attempt("the other's commit") { try other.commit() }
            let successor = try play.log.transactionalProducer("p")
            try successor.write(WrittenRecord("a", "anew"), to: 0)
            try successor.commit()
            try play.look("the successor committed")
        },
    ]

    /// Two holders of a transactional ID.
    static let fencing: [Scenario] = [
        Scenario(
            name: "a newer holder aborts what the older left open; the older is fenced at its commit",
            topic: TopicShape(partitions: 2),
            expected: [
                "the older at work, 0 [0/0/1] 0:a=old",
                "  committed",
                "the older at work, 1 [0/0/1] 0:b=old",
                "  committed",
                "the newer registered, 0 [0/2/2] 0:a=old",
                "  committed",
                "the newer registered, 1 [0/2/2] 0:b=old",
                "  committed",
                "the older's commit: fenced",
                "the newer committed, 0 [0/4/4] 0:a=old 2:a=new",
                "  committed 2:a=new",
                "the newer committed, 1 [0/2/2] 0:b=old",
                "  committed",
            ]
        ) { play in
            let older = try play.log.transactionalProducer("p")
            try older.write(WrittenRecord("a", "old"), to: 0)
            try older.write(WrittenRecord("b", "old"), to: 1)
            try play.look("the older at work")
            let newer = try play.log.transactionalProducer("p")
            try play.look("the newer registered")
            try newer.write(WrittenRecord("a", "new"), to: 0)
            try play.attempt("the older's commit") { try older.commit() }
            try newer.commit()
            try play.look("the newer committed")
        },
        Scenario(
            name: "the older is fenced at its next write into the transaction that it believes open",
            expected: [
                "the older's next write: fenced",
                "the older's abort: fenced",
                "after it [0/2/2] 0:a=old",
                "  committed",
            ]
        ) { play in
            let older = try play.log.transactionalProducer("p")
            try older.write(WrittenRecord("a", "old"), to: 0)
            _ = try play.log.transactionalProducer("p")
            try play.attempt("the older's next write") { try older.write(WrittenRecord("b", "old"), to: 0) }
            try play.attempt("the older's abort") { try older.abort() }
            try play.look("after it")
        },
        Scenario(
            name: "an idle older holder is fenced at the first write of its next transaction",
            expected: [
                "the older's first write: fenced",
                "the newer committed [0/4/4] 0:a=old 2:c=new",
            ]
        ) { play in
            let older = try play.log.transactionalProducer("p")
            try older.write(WrittenRecord("a", "old"), to: 0)
            try older.commit()
            let newer = try play.log.transactionalProducer("p")
            try play.attempt("the older's first write") { try older.write(WrittenRecord("b", "old"), to: 0) }
            try newer.write(WrittenRecord("c", "new"), to: 0)
            try newer.commit()
            try play.look("the newer committed")
        },
        Scenario(
            name: "a newer holder drops the offsets that the older left pending",
            expected: [
                "stable while open: pending",
                "stable after the newer came: 3",
                "the older's commit: fenced",
                "stable after its commit: 5",
            ]
        ) { play in
            let older = try play.log.transactionalProducer("p")
            let member = try play.log.join("m")
            try older.sendOffset(3, of: 0, as: member.membership())
            try older.commit()
            try older.sendOffset(7, of: 0, as: member.membership())
            try play.note("stable while open") { try play.log.committed(0, isStable: true) }
            let newer = try play.log.transactionalProducer("p")
            try play.note("stable after the newer came") { try play.log.committed(0, isStable: true) }
            try play.attempt("the older's commit") { try older.commit() }
            try newer.sendOffset(5, of: 0, as: member.membership())
            try newer.commit()
            try play.note("stable after its commit") { try play.log.committed(0, isStable: true) }
        },
    ]
}
