import Ingest
import Logging
import Operations
import Settings
import Tweets

/// What one connection tells its operator: what happened, and what the bridge does next and when.
///
/// A failure that repeats is told again every few minutes, not at every attempt; the others are there at level debug.
struct ConnectionLog {
    /// A failure as `/status` keeps it.
    struct Failure: Encodable, Sendable {
        /// The reason in a word: `http-503`, `tcp`, `heartbeat-timeout`.
        var reason: String
        /// The same for people, with what to do.
        var text: String
        /// When it happened, by this host's clock.
        var at: Instant
    }

    private let logger: Logger
    private let settings: StreamSettings
    private var filter = RepetitionFilter()

    init(_ logger: Logger, settings: StreamSettings) {
        self.logger = logger
        self.settings = settings
    }

    /// The head of an answer came, and a session begins.
    mutating func opened(session: String, askedMinutes: Int, isDated: Bool, now: MonotonicInstant) {
        let backfill = askedMinutes > 0 ? "\(askedMinutes) min asked" : "not asked"
        write(
            .info,
            "Connected: the stream is read.",
            kind: "opened",
            [LogKey.session: "\(session)", "backfill": "\(backfill)"],
            now
        )
        guard !isDated else { return }
        write(
            .error,
            "The upstream's answer has no Date that can be read, so this session can claim nothing: all that it brings "
                + "goes to Kafka, but its time stays a gap unless another connection covers it. Look for a proxy that "
                + "removes Date.",
            kind: "no-date",
            [LogKey.session: "\(session)"],
            now
        )
    }

    /// The Tweets were created later than the server says that it is.
    mutating func clocksDiffer(by lead: Duration, session: String, now: MonotonicInstant) {
        write(
            .error,
            "The upstream's Date is behind the creation times of its Tweets: the session claims that much less. A proxy or "
                + "the upstream has a wrong clock.",
            kind: "clock-lead",
            [LogKey.session: "\(session)", LogKey.duration: "\(lead.forPeople)"],
            now
        )
    }

    /// This host's clock is not the server's.
    mutating func clockIsWrong(by difference: Duration, now: MonotonicInstant) {
        let isBehind = difference > .zero
        write(
            .error,
            "This host's clock is wrong. No claim depends on it, but the times of records and of this log do. Set the time of "
                + "the host (chrony, ntpd).",
            kind: "clock-skew",
            [
                LogKey.duration:
                    "\((isBehind ? difference : .zero - difference).forPeople) \(isBehind ? "behind" : "ahead")"
            ],
            now
        )
    }

    /// The transfer is over and another one will follow.
    ///
    /// - Returns: What `/status` keeps.
    mutating func ended(
        _ ending: ConnectionStateMachine.Ending,
        status: Int?,
        wall: Instant,
        now: MonotonicInstant
    ) -> Failure {
        let next = Self.next(ending.retry)
        var message = Self.message(ending.cause)
        let advice = status.flatMap { ConnectionAdvice.mending(status: $0, settings) }
        if let advice { message += " Please \(advice)." }
        if ending.cause == .rateLimited {
            message += " The next request is due at \((wall + ending.retry.delay).isoSecond)."
        }
        if ending.retry.isAtUpperBound { message += " The back-off is at its upper bound: somebody should look." }
        var metadata: Logger.Metadata = [
            LogKey.reason: "\(ending.label)", LogKey.error: "\(ending.detail)", LogKey.next: "\(next)",
        ]
        if case .dropped(let lived) = ending.cause { metadata["lived"] = "\(lived.forPeople)" }
        let isLoud = ending.cause.needsPerson || ending.retry.isAtUpperBound
        // That it was lost is one thing, and why it does not come back is another, whatever their reason in a word.
        let kind = "\(ending.label): \(Self.message(ending.cause))"
        write(isLoud ? .error : .warning, message, kind: kind, metadata, now)
        let text = advice.map { "\(ending.detail); \($0)" } ?? ending.detail
        return Failure(reason: ending.label, text: text, at: wall)
    }

    /// The transfer is over for good.
    func closed(_ ending: ConnectionStateMachine.Ending) {
        logger.info("The connection is closed.", metadata: [LogKey.reason: "\(ending.detail)"])
    }

    /// One of our clocks ran out.
    mutating func stalled(_ reason: SessionRecord.CloseReason, now: MonotonicInstant) {
        // The end that follows is told in any case, with the same reason.
        logger.debug("The connection is dead and is closed.", metadata: [LogKey.reason: "\(reason.rawValue)"])
    }

    /// The upstream said something about the stream.
    mutating func noticed(_ message: SystemMessage, now: MonotonicInstant) {
        switch message {
        case .fullBuffer(let text):
            write(
                .error,
                "The upstream closes because it was read too slowly; it has dropped data, which becomes a gap. Kafka or "
                    + "the network of this host is too slow.",
                kind: "full-buffer-notice",
                ["text": "\(text)"],
                now
            )
        case .tooManyConnections(let text):
            write(
                .error,
                "The upstream closes because another client has this connection's place. Check that no other bridge or "
                    + "tool reads the stream beyond the contract's redundant connections.",
                kind: "place-taken",
                ["text": "\(text)"],
                now
            )
        case .operationalDisconnect(let text), .disconnect(let text):
            write(.warning, "The upstream says that it closes.", kind: "farewell", ["text": "\(text)"], now)
        case .notice(let text):
            write(.warning, "The upstream says something about the stream.", kind: "notice", ["text": "\(text)"], now)
        case .recoveryCompleted, .recoveryIncomplete, .recoveryFailed:
            write(
                .warning,
                "The upstream speaks of a recovery on a live stream.",
                kind: "recovery-notice",
                ["text": "\(message)"],
                now
            )
        }
    }

    /// The volume has fallen, or is back.
    func volume(_ verdict: VolumeMonitor.Verdict) {
        guard case .fallen(let present, let usual) = verdict else {
            logger.info("The volume of the stream is as usual again.")
            return
        }
        logger.warning(
            """
            The volume of the stream has fallen below half of its usual. The connection stays open; compare it with the \
            other connections, since what is missing on all of them only the upstream knows.
            """,
            metadata: ["tweets_per_second": "\(Int(present))", "usual": "\(Int(usual))"]
        )
    }

    private mutating func write(
        _ level: Logger.Level,
        _ message: String,
        kind: String,
        _ metadata: Logger.Metadata,
        _ now: MonotonicInstant
    ) {
        var metadata = metadata
        let keptBack = filter.admit(kind, at: now)
        if let keptBack, keptBack > 0 { metadata["repeated"] = "\(keptBack)" }
        logger.log(level: keptBack == nil ? .debug : level, "\(message)", metadata: metadata)
    }

    private static func next(_ retry: ReconnectPolicy.Decision) -> String {
        guard retry.delay > .zero else { return "reconnect at once" }
        return "reconnect in \(retry.delay.forPeople)" + (retry.attempt > 0 ? ", attempt \(retry.attempt)" : "")
    }

    private static func message(_ cause: ReconnectPolicy.Cause) -> String {
        switch cause {
        case .dropped: "The connection to the upstream is lost."
        case .network: "The upstream cannot be reached."
        case .setup: "The upstream is not asked: something in this bridge's own setup must be mended."
        case .serverError: "The upstream answers with an error."
        case .rateLimited: "The upstream limits our requests."
        case .placeTaken: "Another client has this connection's place."
        case .unauthorized: "The upstream refuses our credentials."
        case .refused: "The upstream refuses the request."
        }
    }
}
