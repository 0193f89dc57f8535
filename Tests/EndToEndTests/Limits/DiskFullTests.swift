import Foundation
import Glibc
import KafkaTestSupport
import Testing
import Tweets

@Suite("A broker whose disk is full", .serialized)
struct DiskFullTests {
    /// A disk of a few megabytes: a file system in memory.
    private final class SmallDisk {
        /// Whether this process may mount one.
        static let isPermitted: Bool = (try? SmallDisk(megabytes: 1)) != nil

        let path = NSTemporaryDirectory() + "decahose-disk-\(UUID().uuidString)"

        init(megabytes: Int) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            do {
                try SystemCommand.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
            } catch {
                rmdir(path)
                throw error
            }
        }

        deinit {
            try? SystemCommand.run(["umount", "--lazy", path])
            rmdir(path)
        }

        func resize(megabytes: Int) throws {
            try SystemCommand.run(["mount", "-o", "remount,size=\(megabytes)m", path])
        }
    }

    @Test(
        "takes the broker down; with more space nothing is missing of what was acknowledged or claimed, and nothing comes twice",
        .enabled(if: MortalBroker.isAvailable, "\(RealBroker.skipReason)"),
        .enabled(if: SmallDisk.isPermitted, "needs root, to mount a small disk"),
        .timeLimit(.minutes(10))
    )
    func full() throws {
        let disk = try SmallDisk(megabytes: 24)
        let broker = try MortalBroker(data: disk.path + "/log", settings: "log.segment.bytes=1048576\n")
        let stage = try BridgeStage(rate: 300, brokers: broker.bootstrapServers)
        let bridge = try stage.bridge()
        let dedup = try stage.dedup()
        try eventually("claims; the bridge said:\n\(bridge.output)", within: .seconds(120)) {
            try stage.sessions().filter { $0.covered != nil }.count >= 2
        }
        try eventually("the broker to die of a full disk", within: .seconds(300)) { !broker.isRunning }
        #expect(broker.output.contains("No space left on device"))
        #expect(bridge.isRunning)
        #expect(dedup.isRunning, "\(dedup.output.suffix(3000))")
        broker.kill()
        try disk.resize(megabytes: 1024)
        try broker.start()
        try broker.awaitAnswer()
        let before = try Dictionary(
            stage.sessions().map { ($0.session, $0.counters.acknowledged) },
            uniquingKeysWith: { first, _ in first }
        )
        try eventually("further claims; the bridge said:\n\(bridge.output.suffix(3000))", within: .seconds(120)) {
            try stage.sessions().contains { $0.counters.acknowledged > (before[$0.session] ?? 0) + 300 }
        }
        bridge.send(SIGTERM)
        #expect(try bridge.end() == 0, "\(bridge.output.suffix(3000))")
        let keys = Set(try stage.rawKeys())
        let sessions = try stage.sessions()
        var claimed: Set<String> = []
        for session in sessions {
            guard let covered = session.covered else { continue }
            let truth = try stage.truth(covered, partition: session.stream.number)
            #expect(truth.isSubset(of: keys), "\(truth.subtracting(keys).count) of \(session.session) are not in raw")
            claimed.formUnion(truth)
        }
        #expect(sessions.reduce(0) { $0 + $1.counters.acknowledged } >= 1000)
        var copies: [String: Int] = [:]
        try eventually("the clean topic to have it all; dedup said:\n\(dedup.output.suffix(3000))") {
            copies = try stage.copies()
            return keys.isSubset(of: copies.keys)
        }
        #expect(claimed.isSubset(of: copies.keys))
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
        dedup.send(SIGTERM)
        #expect(try dedup.end() == 0, "\(dedup.output.suffix(3000))")
    }
}
