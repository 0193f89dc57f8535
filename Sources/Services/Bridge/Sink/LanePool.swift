import Synchronization

/// The lanes of a process; a session that ends keeps its lane until everything it read is acknowledged.
final class LanePool: Sendable {
    /// How many sessions and jobs can be open or unacknowledged at a time.
    static let laneCount = 256

    let lanes: [AcknowledgementLane]
    private let free: Mutex<[Int]>

    init() {
        lanes = (0..<Self.laneCount).map(AcknowledgementLane.init(number:))
        free = Mutex(Array((0..<Self.laneCount).reversed()))
    }

    /// A lane that nobody uses; nil while all are in use.
    func take() -> AcknowledgementLane? {
        free.withLock { $0.popLast() }.map { lanes[$0] }
    }

    /// Gives a lane back; none of its records may be on its way any more.
    func giveBack(_ lane: AcknowledgementLane) {
        free.withLock { $0.append(lane.number) }
    }
}
