import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Operations
import Tweets
import World

/// Answers requests for streams.
struct StreamService: Sendable {
    let options: SimulatorOptions
    let world: World
    let encoder: TweetEncoder
    let spliced: [SplicedTemplate]
    let registry: StreamRegistry
    let logger: Logger

    init(options: SimulatorOptions, logger: Logger) {
        self.options = options
        self.logger = logger
        world = World(options.world)
        registry = StreamRegistry(options: options)
        // Notices look like the payloads do.
        let shape =
            options.shape ?? options.corpus.lazy.compactMap { TweetShape(payload: $0) }.first ?? options.dialect.shape
        let templates = options.corpus.compactMap { TweetTemplate(payload: $0) }
        encoder =
            templates.isEmpty
            ? TweetEncoder(world: world, shape: shape, templateCount: options.templateCount)
            : TweetEncoder(world: world, shape: shape, templates: templates)
        spliced = options.isSpliced ? encoder.templates.map(SplicedTemplate.init) : []
    }

    /// Answers one request; returns when its stream has ended.
    func respond(
        _ path: StreamPath,
        _ request: Request,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let now = WallClock.now()
        let verdict = registry.requestConnection(at: now)
        switch admit(path, request, verdict, channel, at: now) {
        case .failure(let refusal):
            registry.refused(refusal.status)
            try await refuse(refusal, writer, verdict, at: now)
        case .success(let admission):
            let body = try await writer.writeHead(head(admission.request, verdict, at: now))
            guard let stream = admission.stream else {
                try await turnAway(admission.request, body, channel, at: now)
                return
            }
            defer { registry.close(stream) }
            channel.closeFuture.whenComplete { _ in registry.close(stream) }
            do {
                try await channel.pipeline.addHandler(HalfClosureHandler())
                try await serve(stream, body)
            } catch {
                logger.debug(
                    "A stream ended.",
                    metadata: ["connection": "\(stream.target.connection)", "reason": "\(error)"]
                )
                stream.abort()
                throw error
            }
        }
    }

    // MARK: Admission

    private struct Admission {
        var request: StreamRequest
        /// nil where the stream partition has as many connections as allowed: the stream says so and ends.
        var stream: OpenStream?
    }

    private func admit(
        _ path: StreamPath,
        _ request: Request,
        _ verdict: RequestBudget.Verdict,
        _ channel: any Channel,
        at now: Instant
    ) -> Result<Admission, Refusal> {
        Result { () throws(Refusal) in
            let asked = try RequestReader(options: options, product: world.options.product).read(path, request, at: now)
            guard verdict.isAllowed else { throw tooMany(verdict, "Too many connection requests.", at: now) }
            if case .replay = path {
                let replays = registry.requestReplay(at: now)
                guard replays.isAllowed else { throw tooMany(replays, "Too many Replay requests.", at: now) }
            }
            let target = FaultTarget(
                connection: registry.nextNumber(),
                name: asked.name,
                partition: asked.partition,
                role: asked.role,
                opened: now
            )
            if let (status, retryAfter) = registry.withFaults({ $0.status(for: target, at: now) }) {
                throw Refusal(status, "The simulator was told to answer so.", retryAfter: retryAfter)
            }
            let remote = channel.remoteAddress.map { "\($0.ipAddress ?? ""):\($0.port ?? 0)" } ?? ""
            let stream = registry.open(asked) { place in
                var target = target
                target.place = place
                return OpenStream(target: target, request: asked, remote: remote, channel: channel)
            }
            if stream == nil, asked.role == .recovery {
                throw Refusal(429, "Too many recovery jobs at once; \(options.recoveryJobsMax) are allowed.")
            }
            return Admission(request: asked, stream: stream)
        }
    }

    private func tooMany(_ verdict: RequestBudget.Verdict, _ text: String, at now: Instant) -> Refusal {
        let seconds = max(1, (verdict.reset - now).milliseconds / 1000 + 1)
        return Refusal(429, text, retryAfter: options.dialect == .gnip ? Int(seconds) : nil)
    }

    // MARK: Answers

    private func refuse(
        _ refusal: Refusal,
        _ writer: consuming ResponseWriter,
        _ verdict: RequestBudget.Verdict,
        at now: Instant
    ) async throws {
        var headers = commonHeaders(verdict, at: now)
        if let retryAfter = refusal.retryAfter, let name = HTTPField.Name("Retry-After") {
            headers[name] = String(retryAfter)
        }
        try await Answer(status: refusal.status, headers: headers, json: refusal.body(options.dialect, at: now))
            .write(to: writer)
    }

    private func head(_ request: StreamRequest, _ verdict: RequestBudget.Verdict, at now: Instant) -> HTTPResponse {
        var headers = commonHeaders(verdict, at: now)
        headers[.contentType] = "application/json; charset=utf-8"
        if request.acceptsGzip { headers[.contentEncoding] = "gzip" }
        return HTTPResponse(status: .ok, headerFields: headers)
    }

    private func commonHeaders(_ verdict: RequestBudget.Verdict, at now: Instant) -> HTTPFields {
        var headers = HTTPFields()
        headers[.date] = TimeTexts(second: now.milliseconds / 1000).http
        guard options.dialect == .v2, registry.requestLimit > 0 else { return headers }
        let values = [
            ("x-rate-limit-limit", registry.requestLimit), ("x-rate-limit-remaining", verdict.remaining),
            ("x-rate-limit-reset", Int(verdict.reset.milliseconds / 1000)),
        ]
        for (name, value) in values {
            if let name = HTTPField.Name(name) { headers[name] = String(value) }
        }
        return headers
    }

    // MARK: Streams

    private func serve(_ stream: OpenStream, _ body: some ResponseBodyWriter) async throws {
        let request = stream.request
        let seed = SplitMix64.mix(options.world.seed ^ UInt64(stream.target.connection))
        let compressor = compressor(for: request, seed: seed)
        let output = StreamOutput(
            body: body,
            compressor: compressor,
            stream: stream,
            heartbeat: options.heartbeat ?? options.dialect.heartbeat,
            memberSeconds: options.memberSeconds,
            seed: seed
        )
        switch request.range {
        case .live(let minutes):
            var pump = LivePump(
                options: options,
                world: world,
                encoder: encoder,
                registry: registry,
                stream: stream,
                output: output,
                backfillMinutes: minutes
            )
            try await pump.run()
        case .recovery(let interval):
            var pump = RecoveryPump(
                options: options,
                world: world,
                encoder: encoder,
                registry: registry,
                stream: stream,
                output: output,
                interval: interval
            )
            try await pump.run()
        }
    }

    private func compressor(for request: StreamRequest, seed: UInt64) -> any StreamCompressor {
        guard request.acceptsGzip else { return PlainCompressor(encoder: encoder) }
        return options.isSpliced
            ? SplicingCompressor(encoder: encoder, templates: spliced) as any StreamCompressor
            : DeflatingCompressor(encoder: encoder, seed: seed)
    }

    /// One connection too many: told inside the stream, then closed.
    private func turnAway(
        _ request: StreamRequest,
        _ body: some ResponseBodyWriter,
        _ channel: any Channel,
        at now: Instant
    ) async throws {
        registry.refused(200)
        let text = StreamText.message(.tooManyConnections, dialect: options.dialect, limit: options.redundancy, at: now)
        let compressor = compressor(for: request, seed: 0)
        compressor.append(Array(text.utf8) + [0x0D, 0x0A])
        var body = body
        try await body.write(compressor.finish())
        try await body.finish(nil)
        channel.close(mode: .output, promise: nil)
    }
}
