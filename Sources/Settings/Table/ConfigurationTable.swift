/// Every setting there is, apart from librdkafka's own, which are handed on as `kafka.<property>`.
public enum ConfigurationTable {
    /// What stands before a librdkafka property.
    public static let kafkaPrefix = "kafka."

    /// The default of `kafka.bootstrap.servers`.
    public static let bootstrapServers = "localhost:9092"

    /// The rows, in the order in which the reference prints them.
    public static let keys: [ConfigurationKey] = stream + bridge + [topicsPrefix] + dedup + coordinator + operations

    /// The row of a name.
    public static func key(named name: String) -> ConfigurationKey? {
        byName[name]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0) })

    private static let stream: [ConfigurationKey] = [
        ConfigurationKey(
            "stream.api",
            .choice(["gnip", "v2"]),
            default: "gnip",
            roles: ConfigurationKey.Role.allCases,
            "The generation of the API: gnip (enterprise 2.0) or v2. It decides URLs, authentication and limits."
        ),
        ConfigurationKey(
            "stream.product",
            .choice(["sample10", "firehose", "compliance", "sample10-likes"]),
            default: "sample10",
            roles: [.bridge, .coordinator],
            "What is read. sample10 is the Decahose. Likes are refused: a like has no Tweet ID of its own."
        ),
        ConfigurationKey(
            "stream.account",
            .name,
            note: "required for gnip",
            roles: [.bridge, .coordinator],
            "The account's name, part of gnip's URLs."
        ),
        ConfigurationKey(
            "stream.label",
            .name,
            default: "prod",
            roles: [.bridge, .coordinator],
            "The stream label: streams of one account are told apart by it."
        ),
        ConfigurationKey(
            "stream.base_url",
            .url,
            note: "https://gnip-stream.twitter.com or https://api.x.com",
            roles: [.bridge, .coordinator],
            "Where the live stream is read."
        ),
        ConfigurationKey(
            "stream.recovery_base_url",
            .url,
            note: "https://gnip-stream.gnip.com, or stream.base_url for v2",
            roles: [.coordinator],
            "Where recovery jobs are sent."
        ),
        ConfigurationKey(
            "stream.partitions",
            .integers(1...1000),
            note: "all of the product",
            roles: [.bridge, .coordinator],
            "The stream partitions to read, for example 1,2. Each is a connection of its own."
        ),
        ConfigurationKey(
            "stream.username",
            .text,
            note: "required for gnip",
            roles: [.bridge, .coordinator],
            "The console's e-mail address, for HTTP Basic."
        ),
        ConfigurationKey(
            "stream.password",
            .secret,
            note: "required for gnip",
            roles: [.bridge, .coordinator],
            "The console's password. With stream.password_file it is read again at every attempt."
        ),
        ConfigurationKey(
            "stream.bearer_token",
            .secret,
            note: "required for v2",
            roles: [.bridge, .coordinator],
            "The app's OAuth 2.0 bearer token. With stream.bearer_token_file it is read again at every attempt."
        ),
        ConfigurationKey(
            "stream.backfill",
            .boolean,
            default: "true",
            roles: [.bridge],
            "Whether a reconnect asks for the minutes missed, 1 to 5. An option of the contract."
        ),
        ConfigurationKey(
            "stream.heartbeat_timeout",
            .duration(.seconds(1) ... .seconds(600)),
            default: "30s",
            roles: [.bridge, .coordinator],
            "No byte at all for so long means that the connection is dead. The server beats every 10 s (gnip) or 20 s (v2)."
        ),
        ConfigurationKey(
            "stream.silence_timeout",
            .duration(.seconds(1) ... .seconds(3600)),
            default: "15s",
            roles: [.bridge],
            "Heartbeats but no Tweet for so long means the same."
        ),
        ConfigurationKey(
            "stream.delivery_slack",
            .duration(.seconds(2) ... .seconds(3600)),
            default: "120s",
            roles: ConfigurationKey.Role.allCases,
            "How long after its creation a Tweet may still be delivered. Coverage claims stop so far behind the newest "
                + "Tweets. It must be the same for all roles."
        ),
        ConfigurationKey(
            "stream.proxy",
            .proxy,
            note: "HTTPS_PROXY of the environment, as curl does",
            roles: [.bridge, .coordinator],
            "A proxy for the upstream's connections, http://[user:password@]host:port; https, socks5 and socks5h work "
                + "too. With credentials better as stream.proxy_file, which is read again at every attempt."
        ),
        ConfigurationKey(
            "stream.ca_file",
            .text,
            note: "the system's",
            roles: [.bridge, .coordinator],
            "A file of certificate authorities (PEM) to trust instead of the system's, for a proxy or an upstream with "
                + "a private one. It is read again at every attempt."
        ),
    ]

    private static let bridge: [ConfigurationKey] = [
        ConfigurationKey(
            "bridge.connection",
            .name,
            note: "required",
            roles: [.bridge],
            "This redundant connection's name, for example a. No two running bridges may share one."
        ),
        ConfigurationKey(
            "bridge.max_message_bytes",
            .size(1024...8_388_608),
            default: "1MiB",
            roles: [.bridge, .coordinator],
            "A longer line goes whole to deadletter where the broker takes it; else it is lost, with a gap that says so."
        ),
        ConfigurationKey(
            "bridge.buffer_bytes",
            .size(1_048_576...2_147_482_624),
            default: "256MiB",
            roles: [.bridge, .coordinator],
            "How much may wait for Kafka. When it is full, reading stops; nothing is dropped."
        ),
        ConfigurationKey(
            "bridge.drain_timeout",
            .duration(.milliseconds(100) ... .seconds(3600)),
            default: "25s",
            roles: [.bridge],
            "How long a stop waits for Kafka to acknowledge what was read; then exit code 75. Keep it below the time after "
                + "which the supervisor kills: 30 s in Kubernetes (terminationGracePeriodSeconds), 10 s in Docker."
        ),
    ]

    private static let topicsPrefix = ConfigurationKey(
        "topics.prefix",
        .name,
        default: "decahose",
        roles: ConfigurationKey.Role.allCases,
        "What stands before every topic, group and transactional ID. Environments that share a cluster differ in it."
    )

    private static let dedup: [ConfigurationKey] = [
        ConfigurationKey(
            "dedup.instance",
            .name,
            note: "the host name",
            roles: [.dedup],
            "This instance's name: stable across restarts, different between running instances."
        ),
        ConfigurationKey(
            "dedup.horizon",
            .duration(.seconds(60) ... .seconds(90 * 86400)),
            note: "the recovery window and 4 h: 124h for gnip, 28h for v2",
            roles: [.dedup, .tools],
            "How far back in event time IDs are remembered. It costs memory; older Tweets go to the late topic."
        ),
        ConfigurationKey(
            "dedup.commit_interval",
            .duration(.milliseconds(5) ... .seconds(5)),
            default: "100ms",
            roles: [.dedup],
            "How long a transaction stays open: latency against the cost of a commit."
        ),
    ]

    private static let coordinator: [ConfigurationKey] = [
        ConfigurationKey(
            "coordinator.max_concurrent_jobs",
            .integer(1...16),
            default: "2",
            roles: [.coordinator],
            "How many recovery jobs run at once. The v2 API allows 2."
        ),
        ConfigurationKey(
            "coordinator.recovery_rate",
            .integer(1...1_000_000),
            note: "three times the measured live rate",
            roles: [.coordinator],
            "Recovered Tweets a second, so that live traffic keeps its share of Kafka and dedup."
        ),
        ConfigurationKey(
            "coordinator.token",
            .secret,
            note: "none: changes over HTTP are off",
            roles: [.coordinator, .tools],
            "The bearer token of HTTP requests that change something."
        ),
    ]

    private static let operations: [ConfigurationKey] = [
        ConfigurationKey(
            "http.listen",
            .address,
            note: "127.0.0.1:9101 (bridge), :9102 (dedup), :9103 (coordinator)",
            roles: [.bridge, .dedup, .coordinator],
            "Where health, readiness, metrics and status are served. Port 0 picks a free one and prints it."
        ),
        ConfigurationKey(
            "log.level",
            .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            default: "info",
            roles: ConfigurationKey.Role.allCases,
            "What is written to standard error. SIGUSR1 shows everything from debug on while the process runs, SIGUSR2 "
                + "takes that back."
        ),
        ConfigurationKey(
            "log.format",
            .choice(["text", "json"]),
            default: "text",
            roles: ConfigurationKey.Role.allCases,
            "One line of text, or one JSON object, an event."
        ),
    ]
}
