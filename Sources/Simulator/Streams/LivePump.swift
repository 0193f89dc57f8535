import HummingbirdCore
import Operations
import Tweets
import World

/// Sends one connection what arrives for it: the backfill first, then everything as it comes, through the faults.
struct LivePump<Body: ResponseBodyWriter> {
    /// Further behind than this the stream catches up at the backfill's speed, older Tweets first.
    private static var catchUpFrom: Duration { .seconds(1) }

    private let options: SimulatorOptions
    private let world: World
    private let encoder: TweetEncoder
    private let registry: StreamRegistry
    private let stream: OpenStream
    private var output: StreamOutput<Body>
    private var feed: DeliveryFeed
    /// What arrived before it is due.
    private var reached: Instant
    private var isCatchingUp = true
    private var lastTurn: Instant
    private let backfillFault: BackfillFault?
    private let cutAt: Instant?
    private let chunkBytes: Int
    private var waited = Duration.zero
    private var behindSince: Instant?

    init(
        options: SimulatorOptions,
        world: World,
        encoder: TweetEncoder,
        registry: StreamRegistry,
        stream: OpenStream,
        output: StreamOutput<Body>,
        backfillMinutes: Int
    ) {
        self.options = options
        self.world = world
        self.encoder = encoder
        self.registry = registry
        self.stream = stream
        self.output = output
        let now = stream.target.opened
        var granted = Duration.seconds(60 * backfillMinutes)
        let fault =
            backfillMinutes > 0 ? registry.withFaults { $0.backfill(for: stream.target, at: now) } : nil
        var cutAt: Instant?
        switch fault?.mode {
        case .ignored: granted = .zero
        case .partial: granted = min(granted, .milliseconds(Int64(1000 * (fault?.seconds ?? 0))))
        case .cut: cutAt = now - granted + .milliseconds(Int64(Double(granted.milliseconds) * (fault?.share ?? 0)))
        case .thin, .fail, .timeout, .minutes, nil: break
        }
        backfillFault = fault
        self.cutAt = cutAt
        reached = max(now - granted, world.options.start)
        lastTurn = now
        let content: StreamContent =
            stream.request.role == .compliance
            ? .compliance(number: stream.request.partition, count: options.compliancePartitions)
            : .tweets(deletes: options.deletesInStream)
        feed = DeliveryFeed(
            world: world,
            partitions: stream.request.role == .compliance
                ? Array(1...world.partitionCount) : [stream.request.partition],
            content: content,
            copy: stream.place,
            from: now - granted
        )
        chunkBytes = options.isSpliced ? 128 << 10 : 256 << 10
    }

    /// Runs until the connection ends.
    ///
    /// - Throws: ``StreamEnd``, or what the writing threw.
    mutating func run() async throws {
        while true {
            if registry.isStopping { throw StreamEnd.stopping }
            if stream.isClosed { throw StreamEnd.clientGone }
            let now = WallClock.now()
            let effects = registry.effects(on: stream.target, at: now)
            for strike in effects.strikes where try await suffers(strike, at: now) { return }
            advance(to: now - effects.lag, elapsed: now - lastTurn, effects)
            lastTurn = now
            if effects.stalls {
                if try await closesAsFull(at: now) { return }
                try await Task.sleep(for: options.tick)
                continue
            }
            let isMore = effects.silences ? false : fill(effects)
            // While there is more to send it is the sign of life.
            if !isMore { output.appendHeartbeat(ifDueAt: now) }
            if output.pendingBytes > 0 { waited += try await output.flush(reached: reached, at: now) }
            if let cutAt, reached >= cutAt { throw StreamEnd.dropped }
            if try await closesAsFull(at: now) { return }
            if !isMore { try await Task.sleep(for: options.tick) }
        }
    }

    /// Moves the moment of arrival up to which everything is due.
    private mutating func advance(to target: Instant, elapsed: Duration, _ effects: FaultEffects) {
        if let limit = effects.bytesPerSecond {
            let refill = Double(limit) * Double(elapsed.milliseconds) / 1000
            output.allowance = min(Double(limit), output.allowance + refill)
        } else {
            output.allowance = .infinity
        }
        guard reached < target else { return }
        if target - reached > Self.catchUpFrom { isCatchingUp = true }
        guard isCatchingUp, options.backfillSpeed > 0 else {
            reached = target
            isCatchingUp = false
            return
        }
        let step = Int64(Double(elapsed.milliseconds) * max(1.5, options.backfillSpeed))
        reached = min(target, reached + .milliseconds(max(1, step)))
        isCatchingUp = reached < target
    }

    /// Takes over what is due, up to a chunk.
    ///
    /// - Returns: Whether more is due.
    private mutating func fill(_ effects: FaultEffects) -> Bool {
        let limit = output.allowance.isFinite ? min(chunkBytes, 8192) : chunkBytes
        while output.pendingBytes < limit, output.allowance > 0 {
            guard let delivery = feed.next(dueBy: reached) else { return false }
            send(delivery, effects)
        }
        return output.allowance > 0
    }

    private mutating func send(_ delivery: Delivery, _ effects: FaultEffects) {
        guard delivery.content == .tweet else {
            if let line = encoder.notice(delivery) { output.appendNotice(line) }
            return
        }
        for withholding in effects.withholds where withholding.includes(delivery.id) {
            registry.withFaults { $0.count(1, for: withholding.fault) }
            output.countWithheld()
            return
        }
        if let backfillFault, backfillFault.mode == .thin, delivery.arrival < stream.target.opened.milliseconds,
            Withholding(fault: "", share: backfillFault.share, salt: backfillFault.salt).includes(delivery.id)
        {
            registry.withFaults { $0.count(1, for: backfillFault.fault) }
            output.countWithheld()
            return
        }
        output.append(SlotValues(id: delivery.id, original: world.original(of: delivery.id)))
    }

    /// Does what a fault does once.
    ///
    /// - Returns: Whether the stream has ended.
    private mutating func suffers(_ strike: FaultStrike, at now: Instant) async throws -> Bool {
        switch strike {
        case .drop:
            throw StreamEnd.dropped
        case .message(let message):
            output.appendText(
                StreamText.message(message, dialect: options.dialect, limit: options.redundancy, at: now)
            )
            guard StreamText.ends(message) else { return false }
            try await output.finish(reached: reached)
            return true
        case .fullBuffer(let withMessage):
            guard withMessage else { throw StreamEnd.fullBuffer }
            try await sayFullBuffer(at: now)
            return true
        case .truncate:
            let tweets = world.tweets(
                in: EventInterval(from: now - .seconds(5), to: now),
                partition: max(1, stream.request.partition)
            )
            for id in tweets.prefix(2) { output.append(SlotValues(id: id, original: nil)) }
            if tweets.isEmpty {
                output.appendText(#"{"info":{"message":"the last bytes of this stream are missing"}}"#)
            }
            try await output.finishTruncated()
            return true
        case .junk(let kinds):
            for kind in kinds { output.appendNotice(kind.line) }
            return false
        }
    }

    /// Closes the connection of a client that let more wait than the buffer holds.
    ///
    /// - Returns: Whether the stream has ended.
    private mutating func closesAsFull(at now: Instant) async throws -> Bool {
        let behind = feed.nextArrival.map { max(0, reached.milliseconds - $0) } ?? 0
        guard behind > 0 else {
            behindSince = nil
            waited = .zero
            return false
        }
        let since = behindSince ?? now
        behindSince = since
        let isClientSlow = waited * 2 > now - since || output.allowance.isFinite || waited == .zero
        let isBehind = behind > 2000 && !isCatchingUp
        if isBehind, !isClientSlow { registry.countSlowTick() }
        stream.update { $0.isBehind = isBehind }
        guard isClientSlow, options.bufferBytes > 0 else { return false }
        let bytes = Double(behind) / 1000 * bytesPerSecond
        guard bytes > Double(options.bufferBytes) else { return false }
        try await sayFullBuffer(at: now)
        return true
    }

    private var bytesPerSecond: Double {
        options.world.rate / Double(world.partitionCount) * Double(encoder.tweetBytesMean)
    }

    private mutating func sayFullBuffer(at now: Instant) async throws {
        output.appendText(
            StreamText.fullBuffer(dialect: options.dialect, bytes: options.bufferBytes, remote: stream.remote, at: now)
        )
        try await output.finish(reached: reached)
    }
}
