import HummingbirdCore
import Operations
import Tweets
import World

/// Sends the Tweets of a time range, or its compliance events, says how it went, and ends.
struct RecoveryPump<Body: ResponseBodyWriter> {
    private let options: SimulatorOptions
    private let world: World
    private let registry: StreamRegistry
    private let stream: OpenStream
    private var output: StreamOutput<Body>
    /// One of the two is there, by the product.
    private var tweets: RecoveryFeed?
    private var events: DeliveryFeed?
    private var encoder: TweetEncoder
    private let interval: EventInterval
    private let fault: RecoveryFault?
    private let missing: [Instant]
    private var reached: Instant
    private var count = 0

    init(
        options: SimulatorOptions,
        world: World,
        encoder: TweetEncoder,
        registry: StreamRegistry,
        stream: OpenStream,
        output: StreamOutput<Body>,
        interval: EventInterval
    ) {
        self.encoder = encoder
        self.options = options
        self.world = world
        self.registry = registry
        self.stream = stream
        self.output = output
        self.interval = interval
        let opened = stream.target.opened
        let fault = registry.withFaults { $0.recovery(for: stream.target, at: opened) }
        self.fault = fault
        reached = interval.from
        missing = fault.map { Self.missingMinutes($0, interval) } ?? []
        let partition = stream.request.partition
        let all = Array(1...world.partitionCount)
        if stream.request.product == .compliance {
            events = DeliveryFeed(
                world: world,
                partitions: all,
                content: .compliance(number: partition, count: options.compliancePartitions),
                copy: 0,
                from: interval.from
            )
        } else {
            tweets = RecoveryFeed(
                world: world,
                partitions: partition == 0 ? all : [partition],
                interval: interval,
                deletedBy: options.recoveryReturnsDeleted ? nil : opened
            )
        }
    }

    /// Runs until the connection ends.
    ///
    /// - Throws: ``StreamEnd``, or what the writing threw.
    mutating func run() async throws {
        let end = brokenAt ?? interval.to
        var lastTurn = stream.target.opened
        while true {
            if registry.isStopping { throw StreamEnd.stopping }
            if stream.isClosed { throw StreamEnd.clientGone }
            let now = WallClock.now()
            let effects = registry.effects(on: stream.target, at: now)
            if !effects.strikes.isEmpty { throw StreamEnd.dropped }
            if effects.stalls {
                try await Task.sleep(for: options.tick)
                continue
            }
            advance(elapsed: now - lastTurn, end: end)
            lastTurn = now
            let isMore = effects.silences ? false : fill()
            if !isMore { output.appendHeartbeat(ifDueAt: now) }
            if output.pendingBytes > 0 { _ = try await output.flush(reached: reached, at: now) }
            if !isMore, !effects.silences, reached >= end {
                try await finish(at: now)
                return
            }
            if !isMore { try await Task.sleep(for: options.tick) }
        }
    }

    private mutating func advance(elapsed: Duration, end: Instant) {
        guard options.recoverySpeed > 0 else {
            reached = end
            return
        }
        let step = Double(max(1, elapsed.milliseconds)) * options.recoverySpeed
        reached = min(end, reached + .milliseconds(max(1, Int64(step))))
    }

    /// - Returns: Whether more is due.
    private mutating func fill() -> Bool {
        while output.pendingBytes < 128 << 10 {
            guard appendNext() else { return false }
        }
        return true
    }

    private mutating func appendNext() -> Bool {
        if let id = tweets?.next(createdBefore: reached) {
            if let created = id.createdAt, missing.contains(created.alignedDown(to: .seconds(60))) { return true }
            output.append(SlotValues(id: id, original: world.original(of: id)))
        } else if let delivery = events?.next(dueBy: reached - .milliseconds(1)) {
            if let line = encoder.notice(delivery) { output.appendNotice(line) }
        } else {
            return false
        }
        count += 1
        return true
    }

    private mutating func finish(at now: Instant) async throws {
        switch fault?.mode {
        case .cut:
            throw StreamEnd.dropped
        case .timeout:
            // Not a byte more; the client has to notice.
            while !registry.isStopping, !stream.isClosed { try await Task.sleep(for: .milliseconds(50)) }
            throw StreamEnd.stopping
        case .fail:
            output.appendText(
                StreamText.failed(
                    dialect: options.dialect,
                    rest: EventInterval(from: reached.alignedDown(to: .seconds(60)), to: interval.to),
                    at: now
                )
            )
        case .minutes, .ignored, .partial, .thin, nil:
            if options.dialect == .gnip || options.completionMessage {
                output.appendText(
                    StreamText.completed(dialect: options.dialect, count: count, missing: missing, at: now)
                )
            }
        }
        try await output.finish(reached: reached)
    }

    /// Where a fault ends the recovery early.
    private var brokenAt: Instant? {
        guard let fault, [.cut, .timeout, .fail].contains(fault.mode) else { return nil }
        let share = Double(interval.duration.milliseconds) * fault.share
        return interval.from + .milliseconds(Int64(share))
    }

    private static func missingMinutes(_ fault: RecoveryFault, _ interval: EventInterval) -> [Instant] {
        guard fault.mode == .minutes else { return [] }
        let first = interval.from.alignedDown(to: .seconds(60))
        let count = Int(interval.duration.milliseconds / 60000)
        // The middle ones, so that the client cannot be right by looking at the ends only.
        let start = max(0, (count - fault.minutes) / 2)
        return (0..<fault.minutes).map { first + .seconds(60 * (start + $0)) }.filter { $0 < interval.to }
    }
}
