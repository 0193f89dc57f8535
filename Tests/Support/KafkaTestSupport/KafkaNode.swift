import Foundation
import Kafka

/// One KRaft node on loopback, in a temporary folder, for the life of this process.
enum KafkaNode {
    /// What went wrong.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The distribution's folder; nil where none is named or there is none.
    static var home: String? {
        guard let home = environment("KAFKA_HOME") else { return nil }
        return FileManager.default.isExecutableFile(atPath: "\(home)/bin/kafka-server-start.sh") ? home : nil
    }

    static func environment(_ name: String) -> String? {
        let value = ProcessInfo.processInfo.environment[name] ?? ""
        return value.isEmpty ? nil : value
    }

    /// Beside addresses and folders: quick rebalances, time-outs and cleaning, and no topic by accident.
    static let settings = """
        auto.create.topics.enable=false
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=1
        transaction.abort.timed.out.transaction.cleanup.interval.ms=500
        group.initial.rebalance.delay.ms=0
        group.min.session.timeout.ms=1000
        broker.heartbeat.interval.ms=500
        broker.session.timeout.ms=3000
        log.cleaner.backoff.ms=500
        log.retention.check.interval.ms=1000
        num.network.threads=2
        num.io.threads=4

        """

    /// Of a node that asks who may do what: everybody on the plain listener, and `stage` on the other one only what it
    /// is allowed.
    private static let authorization = """
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        sasl.enabled.mechanisms=PLAIN
        listener.name.named.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
        user_stage="\(AuthorizingBroker.password)";

        """

    /// Formats the folder, starts the node and waits until it answers.
    ///
    /// - Returns: Its address.
    static func start() throws -> String { try start(named: nil, settings) }

    /// Starts one with a second listener, on which users have names and need permission.
    ///
    /// - Returns: The address where everything is allowed, and that of the second listener.
    static func startAuthorizing() throws -> (plain: String, named: String) {
        let port = try freePort()
        return (try start(named: port, settings + authorization), "127.0.0.1:\(port)")
    }

    private static func start(named: UInt16?, _ settings: String) throws -> String {
        let folder = NSTemporaryDirectory() + "decahose-kafka-\(UUID().uuidString)"
        let address = try prepare(folder: folder, data: "\(folder)/data", named: named, settings)
        // The signal of the node's end is never given: it ends with this process.
        _ = try launch(folder: folder)
        return try awaitAnswer(address, folder: folder)
    }

    /// Writes a node's configuration.
    ///
    /// - Parameter host: The address that it listens on.
    /// - Returns: Its address.
    static func prepare(
        folder: String,
        data: String,
        host: String = "127.0.0.1",
        named: UInt16?,
        _ settings: String
    ) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (port, controllerPort) = try (freePort(), freePort())
        let extra = named.map { ",NAMED://127.0.0.1:\($0)" } ?? ""
        let configuration = """
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@127.0.0.1:\(controllerPort)
            listeners=PLAINTEXT://\(host):\(port),CONTROLLER://127.0.0.1:\(controllerPort)\(extra)
            advertised.listeners=PLAINTEXT://\(host):\(port)\(extra)
            inter.broker.listener.name=PLAINTEXT
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,NAMED:SASL_PLAINTEXT
            log.dirs=\(data)

            """
        try (configuration + settings).write(toFile: "\(folder)/server.properties", atomically: true, encoding: .utf8)
        return "\(host):\(port)"
    }

    /// Starts the node below a shell that ends it as soon as this process is gone, killed or not: the shell reads a pipe
    /// whose other end nobody else has.
    ///
    /// - Returns: The shell, and the pipe's other end: closed, it ends the node.
    static func launch(folder: String) throws -> (shell: Process, lifeline: Int32) {
        guard let home else { throw Failure(description: "KAFKA_HOME names no Kafka distribution") }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: error \(errno)") }
        // Neither end may leak into another child, or the node would outlive this process with that child.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script, "kafka-node", home, folder]
        shell.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        var environment = ProcessInfo.processInfo.environment
        environment["LOG_DIR"] = "\(folder)/logs"
        environment["KAFKA_HEAP_OPTS"] = environment["KAFKA_HEAP_OPTS"] ?? "-Xmx512m -Xms128m"
        shell.environment = environment
        try shell.run()
        return (shell, ends[1])
    }

    private static let script = """
        trap : INT TERM HUP
        {
            if [ ! -e "$2/formatted" ]; then
                id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AA' | cut -c1-22)
                "$1/bin/kafka-storage.sh" format -t "$id" -c "$2/server.properties" || exit 1
                touch "$2/formatted"
            fi
            exec "$1/bin/kafka-server-start.sh" "$2/server.properties"
        } >>"$2/output.log" 2>&1 </dev/null &
        node=$!
        echo $node >"$2/node.pid"
        cat >/dev/null
        kill -9 $node
        wait $node
        [ -e "$2/kept" ] || rm -rf "$2"
        """

    @discardableResult
    static func awaitAnswer(_ address: String, folder: String) throws -> String {
        let admin = try KafkaAdmin(
            ["bootstrap.servers": address, "reconnect.backoff.max.ms": "200"],
            observer: .silent
        )
        let deadline = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < deadline {
            if let metadata = try? admin.metadata(timeout: .seconds(1)), !metadata.brokers.isEmpty { return address }
            usleep(100_000)
        }
        let output = (try? String(contentsOfFile: "\(folder)/output.log", encoding: .utf8)) ?? ""
        throw Failure(description: "Kafka did not come up within 90 s. Its last words:\n\(output.suffix(2000))")
    }

    private static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 ? getsockname(socket, address, &length) : -1
            }
        }
        guard status == 0 else { throw Failure(description: "no free port: error \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
