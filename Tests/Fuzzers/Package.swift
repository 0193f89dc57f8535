// swift-tools-version:6.2
import PackageDescription

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "decahose") }

// A package of its own, so that the product's build stays light; `make fuzz` builds it with the sanitizers.
let package = Package(
    name: "fuzzers",
    dependencies: [
        .package(name: "decahose", path: "../.."),
        // The same as the product's; its connections are played without sockets.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "LibFuzzer"),
        .target(name: "ScannerOracle", dependencies: ["Ingest", "Tweets"].map(product)),
        .executableTarget(
            name: "ScannerFuzzer",
            dependencies: ["FuzzSupport", "ScannerOracle", product("Ingest"), product("Tweets")]
        ),
        .executableTarget(
            name: "StreamFuzzer",
            dependencies: ["FuzzSupport", product("Ingest"), product("StreamClient")]
        ),
        .target(name: "FuzzSupport", dependencies: ["LibFuzzer"]),
        .executableTarget(
            name: "ControlFuzzer",
            dependencies: ["FuzzSupport", product("Recovery"), product("Tweets")]
        ),
        .executableTarget(
            name: "ChangelogFuzzer",
            dependencies: ["FuzzSupport", product("Dedup"), product("Tweets")]
        ),
        .executableTarget(
            name: "HttpFuzzer",
            dependencies: [
                "FuzzSupport", product("Operations"), product("Recovery"), product("Tweets"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(name: "ConfigurationFuzzer", dependencies: ["FuzzSupport", product("Settings")]),
    ],
    swiftLanguageModes: [.v6]
)
