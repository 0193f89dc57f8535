import Foundation
import HummingbirdCore
import NIOCore
import NIOEmbedded
import Synchronization

/// One connection to the server, whose event loop and tasks run when they are told.
final class PlayedConnection {
    private let server: PlayedServer
    private let channel = EmbeddedChannel()
    private let thread = OneThread()
    private let task: Task<Void, Never>
    private let end = End()
    /// Everything that was answered.
    private var sent: [UInt8] = []

    /// Whether the server has done with the connection.
    private final class End: Sendable {
        let isReached = Mutex(false)
    }

    init(_ server: PlayedServer) {
        self.server = server
        do {
            let connection = try server.connections.setup(channel: channel, logger: server.logger).wait()
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            task = Task(executorPreference: thread) { [end] in
                await server.connections.handle(value: connection, logger: server.logger)
                end.isReached.withLock { $0 = true }
            }
        } catch {
            fatalError("no connection: \(error)")
        }
        settle()
    }

    func receive(_ bytes: [UInt8]) {
        guard channel.isActive else { return }
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
        channel.pipeline.fireChannelReadComplete()
        settle()
    }

    /// Goes on until nothing is left to do.
    private func settle() {
        repeat {
            channel.embeddedEventLoop.run()
        } while thread.run() || server.takeTurn()
        while let part = try? channel.readOutbound(as: IOData.self) {
            guard case .byteBuffer(let bytes) = part else { fatalError("a file is sent") }
            sent += bytes.readableBytesView
        }
    }

    /// Ends the connection from the client's side, and looks at all that the server did.
    func judge(_ client: ClientBytes) {
        if channel.isActive { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        settle()
        let log = server.log.now
        let open = log.requests.count - log.answered - log.failed
        let isFollowing = open == 1 && log.requests.last?.path == "/events"
        guard open == 0 || isFollowing else { fatalError("\(open) requests have no answer: \(log.requests)") }
        guard log.changes.count <= client.tokens else {
            fatalError("\(log.changes.count) changes for \(client.tokens) tokens")
        }
        task.cancel()
        settle()
        channel.close(promise: nil)
        settle()
        guard end.isReached.withLock(\.self) else { fatalError("a connection that has ended is still served") }
        guard Data(sent).range(of: Data(ClientBytes.token.utf8)) == nil else { fatalError("an answer holds the token") }

        let answers = Answers(sent, to: log.requests.map(\.method))
        let ownRefusal = answers.complete.count == log.answered + 1 && answers.complete.last?.status == 400
        guard answers.complete.count == log.answered || ownRefusal else {
            fatalError("\(answers.complete.count) answers to \(log.answered) requests: \(answers.complete)")
        }
        guard answers.isCutShort == false || isFollowing || log.failed > 0 else { fatalError("an answer is cut short") }
        let plain = PlainRequests(client.reads.joined())
        guard isFollowing || log.answered >= plain.count else {
            fatalError("\(plain.count) requests, but \(log.answered) answers: \(log.requests)")
        }
    }
}
