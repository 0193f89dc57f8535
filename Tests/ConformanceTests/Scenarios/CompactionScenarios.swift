extension Scenario {
    /// What the cleaner takes, and what it leaves.
    static let compaction: [Scenario] = [
        Scenario(
            name: "the newest record of a key stays, and a tombstone; the newest record of all is not looked at",
            topic: TopicShape(isCompacted: true),
            expected: [
                "before [0/7/7] 0:a=1 1:b=1 2:a=2 3:c=1 4:b=- 5:a=3 6:c=2",
                "cleaned [0/7/7] 3:c=1 4:b=- 5:a=3 6:c=2",
                "read from a hole: [3:c=1, 4:b=-, 5:a=3, 6:c=2]",
                "a copy after the tombstone [0/9/9] 5:a=3 6:c=2 7:b=late copy 8:z=last",
            ]
        ) { play in
            for (key, value) in [
                ("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", nil), ("a", "3"), ("c", "2"),
            ] as [(String, String?)] {
                _ = try play.log.append(WrittenRecord(key, value), to: 0)
            }
            try play.look("before")
            try play.log.clean(0)
            try play.look("cleaned")
            try play.note("read from a hole") { try play.log.read(0, .uncommitted, from: 1) }
            _ = try play.log.append(WrittenRecord("b", "late copy"), to: 0)
            _ = try play.log.append(WrittenRecord("z", "last"), to: 0)
            try play.log.clean(0)
            try play.look("a copy after the tombstone")
        },
        Scenario(
            name: "a tombstone goes with the second cleaning after its time",
            topic: TopicShape(isCompacted: true, deleteRetention: 0),
            expected: [
                "cleaned once [0/3/3] 1:a=- 2:b=1",
                "cleaned twice [0/4/4] 2:b=1 3:c=1",
            ]
        ) { play in
            for (key, value) in [("a", "1"), ("a", nil), ("b", "1")] as [(String, String?)] {
                _ = try play.log.append(WrittenRecord(key, value), to: 0)
            }
            try play.log.clean(0)
            try play.look("cleaned once")
            _ = try play.log.append(WrittenRecord("c", "1"), to: 0)
            try play.log.clean(0)
            try play.look("cleaned twice")
        },
        Scenario(
            name: "what was aborted goes, and shadows nothing; markers are no records",
            topic: TopicShape(isCompacted: true),
            expected: [
                "before [0/9/9] 0:a=plain 1:b=committed 3:a=aborted 4:b=- 6:b=again 8:z=last",
                "  committed 0:a=plain 1:b=committed 6:b=again 8:z=last",
                "cleaned [0/9/9] 0:a=plain 6:b=again 8:z=last",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            _ = try play.log.append(WrittenRecord("a", "plain"), to: 0)
            try producer.write(WrittenRecord("b", "committed"), to: 0)
            try producer.commit()
            try producer.write(WrittenRecord("a", "aborted"), to: 0)
            try producer.write(WrittenRecord("b", nil), to: 0)
            try producer.abort()
            try producer.write(WrittenRecord("b", "again"), to: 0)
            try producer.commit()
            _ = try play.log.append(WrittenRecord("z", "last"), to: 0)
            try play.look("before")
            try play.log.clean(0)
            try play.look("cleaned")
        },
        Scenario(
            name: "the cleaner stops at the last stable offset",
            topic: TopicShape(isCompacted: true),
            expected: [
                "cleaned while one is open [0/2/6] 1:a=2 2:b=open 3:a=3 4:a=4 5:a=5",
                "  committed 1:a=2",
                "cleaned after its commit [0/8/8] 2:b=open 5:a=5 7:z=last",
            ]
        ) { play in
            let producer = try play.log.transactionalProducer("p")
            for value in ["1", "2"] { _ = try play.log.append(WrittenRecord("a", value), to: 0) }
            try producer.write(WrittenRecord("b", "open"), to: 0)
            for value in ["3", "4", "5"] { _ = try play.log.append(WrittenRecord("a", value), to: 0) }
            try play.log.clean(0)
            try play.look("cleaned while one is open")
            try producer.commit()
            _ = try play.log.append(WrittenRecord("z", "last"), to: 0)
            try play.log.clean(0)
            try play.look("cleaned after its commit")
        },
        Scenario(
            name: "what is younger than the compaction lag stays, and all behind it",
            topic: TopicShape(isCompacted: true, compactionLag: 3600),
            expected: [
                "cleaned [0/6/6] 2:a=3 3:a=4 4:a=5 5:a=6"
            ]
        ) { play in
            for (value, ago) in [("1", 9000), ("2", 8000), ("3", 7000), ("4", 60), ("5", 9000), ("6", 5)] {
                _ = try play.log.append(WrittenRecord("a", value, secondsAgo: Int64(ago)), to: 0)
            }
            try play.log.clean(0)
            try play.look("cleaned")
        },
    ]
}
