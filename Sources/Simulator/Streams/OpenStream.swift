import NIOCore
import Synchronization
import Tweets
import World

/// One connection that carries a stream, as the lists and the faults see it.
final class OpenStream: Sendable {
    /// What it has carried.
    struct Progress: Sendable {
        var wireBytes = 0
        var plainBytes = 0
        var tweets = 0
        var notices = 0
        var heartbeats = 0
        var withheld = 0
        /// The time of arrival of the newest message that was sent.
        var reached: Instant?
        /// Since when a write waits for the client; nil where none does.
        var waitsSince: Instant?
        var isBehind = false
    }

    let target: FaultTarget
    let request: StreamRequest
    let remote: String
    private let channel: any Channel
    private let progress = Mutex(Progress())

    init(target: FaultTarget, request: StreamRequest, remote: String, channel: any Channel) {
        self.target = target
        self.request = request
        self.remote = remote
        self.channel = channel
    }

    /// Its place among the redundant connections of its stream partition, from 0.
    var place: Int { target.place ?? 0 }

    var current: Progress { progress.withLock { $0 } }

    func update(_ change: (inout Progress) -> Void) {
        progress.withLock { change(&$0) }
    }

    var isClosed: Bool { !channel.isActive }

    /// Ends the connection without another byte.
    func abort() {
        channel.close(mode: .all, promise: nil)
    }

    /// Ends the connection after what was written.
    func closeGently() {
        channel.close(mode: .output, promise: nil)
        let channel = channel
        // A client that does not close its half in turn is not waited for.
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(mode: .all, promise: nil) }
    }
}
