import Testing

@testable import Tweets

@Suite("Partitioner")
struct KafkaPartitionerTests {
    /// Vectors of Apache Kafka's own `UtilsTest.testMurmur2`, then some made with kafka-clients 3.4.1: no key bytes, every
    /// length of the tail, IDs, and long keys.
    @Test(
        "murmur2 equals Java's",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
            ("", 275_646_681), ("0", 971_027_396), ("1", -1_993_445_489), ("12", 126_087_238), ("123", -267_702_483),
            ("1234", -1_614_185_708), ("-1", 1_531_782_027), ("20", -999_018_406), ("771136850", 142_827_876),
            ("1861234567890123456", 231_780_277), ("1861234567890123457", -1_271_382_498),
            ("9223372036854775807", -1_221_667_907), (String(repeating: "x", count: 4096), 509_117_214),
            (String(repeating: "0123456789", count: 100) + "abc", -392_849_414),
        ] as [(String, Int32)]
    )
    func golden(key: String, hash: Int32) {
        let result = Array(key.utf8).withUnsafeBytes { KafkaPartitioner.murmur2($0) }
        #expect(Int32(bitPattern: result) == hash)
    }

    @Test("bytes above 127 count as Java's signed bytes do")
    func highBytes() {
        let rising = (0...255).map { UInt8($0) }
        let falling = (0..<255).map { UInt8(255 - $0) }
        #expect(rising.withUnsafeBytes { Int32(bitPattern: KafkaPartitioner.murmur2($0)) } == -1_948_347_274)
        #expect(falling.withUnsafeBytes { Int32(bitPattern: KafkaPartitioner.murmur2($0)) } == -788_971_837)
    }

    /// Also with kafka-clients 3.4.1, `Utils.toPositive(hash) % count`; half of the hashes are negative.
    @Test(
        "the partition is the one that Java's default partitioner takes",
        arguments: [
            ("1", 3, 3), ("12", 4, 10), ("1861234567890123456", 1, 1), ("1861234567890123457", 2, 2), ("20", 4, 10),
            ("9223372036854775807", 3, 9), ("771136850", 0, 0),
        ] as [(String, Int32, Int32)]
    )
    func partition(key: String, ofSix: Int32, ofTwelve: Int32) {
        let bytes = Array(key.utf8)
        #expect(bytes.withUnsafeBytes { KafkaPartitioner.partition(of: $0, count: 6) } == ofSix)
        #expect(bytes.withUnsafeBytes { KafkaPartitioner.partition(of: $0, count: 12) } == ofTwelve)
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
