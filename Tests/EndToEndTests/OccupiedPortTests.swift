import Foundation
import Glibc
import Kafka
import Testing
import Tweets

@Suite("A status port that somebody else has")
struct OccupiedPortTests {
    @Test("ends each role with 78 and says which setting to change", arguments: ["bridge", "dedup", "coordinator"])
    func occupied(role: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        try #require(isListening)
        let cluster = try KafkaMockCluster()
        let topics = TopicNames(prefix: "decahose")
        for topic in topics.all {
            try cluster.createTopic(topic, partitionCount: topic == topics.control ? 1 : 2)
        }
        let running = try RunningExecutable(
            [role],
            environment: [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "DECAHOSE_STREAM_API": "v2",
                "DECAHOSE_STREAM_BASE_URL": "http://127.0.0.1:1", "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
                "DECAHOSE_BRIDGE_CONNECTION": "a",
                "DECAHOSE_HTTP_LISTEN": "127.0.0.1:\(UInt16(bigEndian: address.sin_port))",
            ]
        )
        #expect(try running.end() == 78, "\(running.output)")
        #expect(running.output.contains("cannot listen on 127.0.0.1"), "\(running.output)")
        #expect(running.output.contains("http.listen"))
    }
}
