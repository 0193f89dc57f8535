import Foundation
import Glibc
import Synchronization

/// Two hosts of their own on this machine (network namespaces), joined by one cable that can be pulled.
///
/// A pulled cable sends no FIN and no RST: whoever holds a connection over it learns nothing.
final class LinkedHosts {
    /// One of the two.
    enum Host: String {
        case bridge
        case upstream
    }

    /// Whether this process may make network namespaces.
    static let isPermitted: Bool = {
        let name = "decahose-probe-\(getpid())"
        guard (try? ip(["netns", "add", name])) != nil else { return false }
        return (try? ip(["netns", "delete", name])) != nil
    }()

    private static let upstreamAddress = "10.213.77.1"
    private static let bridgeAddress = "10.213.77.2"
    private static let kafkaAddress = "10.213.77.3"
    /// Nobody's: what is sent to it is lost without a word.
    private static let nobody = "02:00:00:00:00:01"

    private let suffix = "\(getpid())-\(UInt16.random(in: 0...UInt16.max))"

    /// Makes both hosts and the cable.
    init() throws {
        for host in [Host.bridge, .upstream] {
            try Self.ip(["netns", "add", name(host)])
            try Self.ip(["-n", name(host), "link", "set", "lo", "up"])
        }
        try Self.ip(
            ["link", "add", "cable", "netns", name(.bridge), "type", "veth", "peer", "name", "cable"]
                + ["netns", name(.upstream)]
        )
        for (host, address) in [(Host.bridge, Self.bridgeAddress), (.upstream, Self.upstreamAddress)] {
            try Self.ip(["-n", name(host), "address", "add", "\(address)/24", "dev", "cable"])
            try Self.ip(["-n", name(host), "link", "set", "cable", "up"])
        }
        try Self.ip(["-n", name(.upstream), "address", "add", "\(Self.kafkaAddress)/24", "dev", "cable"])
    }

    deinit {
        for host in [Host.bridge, .upstream] { try? Self.ip(["netns", "delete", name(host)]) }
    }

    /// The upstream's address on the cable.
    var upstreamAddress: String { Self.upstreamAddress }

    /// A second address of the upstream's host, which can be cut off alone.
    var kafkaAddress: String { Self.kafkaAddress }

    /// What does not arrive any more.
    enum Loss: String, CaseIterable {
        /// What the bridge's host sends to Kafka's address.
        case requests
        /// Whatever is sent to the bridge's host.
        case answers

        fileprivate var sender: Host { self == .requests ? .bridge : .upstream }
        fileprivate var address: String { self == .requests ? kafkaAddress : bridgeAddress }
    }

    /// Loses one direction, while the other one works.
    func lose(_ loss: Loss) throws {
        try Self.ip(
            ["-n", name(loss.sender), "neighbour", "replace", loss.address, "lladdr", Self.nobody, "dev", "cable"]
                + ["nud", "permanent"]
        )
    }

    /// Loses nothing any more.
    func restore(_ loss: Loss) throws {
        try Self.ip(["-n", name(loss.sender), "neighbour", "delete", loss.address, "dev", "cable"])
    }

    /// Pulls the cable out of the upstream.
    func cut() throws {
        try Self.ip(["-n", name(.upstream), "link", "set", "cable", "down"])
    }

    /// Puts it back.
    func mend() throws {
        try Self.ip(["-n", name(.upstream), "link", "set", "cable", "up"])
    }

    /// The beginning of a command that runs on a host.
    func command(on host: Host) -> [String] {
        ["/usr/bin/env", "ip", "netns", "exec", name(host)]
    }

    /// Runs `body` on a thread that lives on a host, so that every socket it or its own threads open is there.
    func run<Result>(
        on host: Host,
        _ body: @escaping @Sendable () throws -> sending Result
    ) throws -> sending Result {
        let path = "/run/netns/\(name(host))"
        let handover = Handover<Result>()
        let thread = Thread {
            handover.put {
                try Self.enter(path)
                return try body()
            }
        }
        thread.start()
        return try handover.take(from: host)
    }

    /// What went wrong with a host.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What one thread makes for another.
    private final class Handover<Success>: Sendable {
        private let result = Mutex<Result<Success, any Error>?>(nil)
        private let done = DispatchSemaphore(value: 0)

        func put(_ make: () throws -> sending Success) {
            result.withLock { slot in
                do { slot = .success(try make()) } catch { slot = .failure(error) }
            }
            done.signal()
        }

        func take(from host: Host) throws -> sending Success {
            done.wait()
            guard let result = result.withLock({ $0.take() }) else {
                throw Failure(description: "the thread on \(host) gave nothing")
            }
            return try result.get()
        }
    }

    private func name(_ host: Host) -> String { "decahose-\(host.rawValue)-\(suffix)" }

    /// Moves the calling thread to a namespace.
    private static func enter(_ path: String) throws {
        // setns is not in the Glibc module.
        typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
        let newNetwork: Int32 = 0x4000_0000
        guard let symbol = dlsym(nil, "setns") else { throw Failure(description: "no setns") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: "\(path): \(errno)") }
        defer { close(descriptor) }
        guard unsafeBitCast(symbol, to: SetNamespace.self)(descriptor, newNetwork) == 0 else {
            throw Failure(description: "setns \(path): \(errno)")
        }
    }

    private static func ip(_ arguments: [String]) throws {
        try SystemCommand.run(["ip"] + arguments)
    }
}
