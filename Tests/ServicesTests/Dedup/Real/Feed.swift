import Foundation
import Operations
import Synchronization
import Testing
import Tweets

/// Sends known traffic to raw on a thread of its own, some at a time, while instances come and go.
final class Feed: Sendable {
    let traffic: KnownTraffic
    private let rig: DedupRig
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let sent = Mutex(0)

    init(_ traffic: KnownTraffic, _ rig: DedupRig) {
        self.traffic = traffic
        self.rig = rig
    }

    /// Sends the first so many at once.
    ///
    /// - Returns: Their keys.
    func sendFirst(_ count: Int) throws -> Set<String> {
        try rig.send(Array(traffic.copies[..<count]))
        sent.withLock { $0 = count }
        return Set(traffic.copies[..<count].map(\.key))
    }

    /// Sends the rest: at once up to a place, then some at a time.
    func start(from place: Int, chunk: Int = 6, pause: Duration = .milliseconds(40)) {
        Thread.detachNewThread { [self] in
            let outcome = Result {
                var next = sent.withLock { $0 }
                let copies = traffic.copies
                while next < copies.count {
                    let end = next < place ? place : min(copies.count, next + chunk)
                    try rig.send(Array(copies[next..<end]))
                    next = end
                    usleep(UInt32(pause.milliseconds * 1000))
                }
            }
            result.withLock { $0 = outcome }
        }
    }

    /// Waits until all is sent.
    func end() async throws {
        try await until("all is sent", within: .seconds(180)) { result.withLock { $0 != nil } }
        try result.withLock { $0 }?.get()
    }
}
