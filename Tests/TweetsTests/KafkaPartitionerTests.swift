import Testing

@testable import Tweets

@Suite("Partitioner")
struct KafkaPartitionerTests {
    /// Vectors of Apache Kafka's own `UtilsTest.testMurmur2`.
    @Test(
        "murmur2 equals Java's",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ] as [(String, Int32)]
    )
    func golden(key: String, hash: Int32) {
        let result = Array(key.utf8).withUnsafeBytes { KafkaPartitioner.murmur2($0) }
        #expect(Int32(bitPattern: result) == hash)
    }

    @Test("every partition number is valid and all are used")
    func range() {
        var seen = Set<Int32>()
        for number in 0..<2000 {
            let partition = Array("887\(number)".utf8).withUnsafeBytes {
                KafkaPartitioner.partition(of: $0, count: 12)
            }
            #expect((0..<12).contains(partition))
            seen.insert(partition)
        }
        #expect(seen.count == 12)
    }
}
