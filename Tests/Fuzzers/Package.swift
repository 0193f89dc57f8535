// swift-tools-version:6.2
import PackageDescription

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "decahose") }

// A package of its own, so that the product's build stays light; `make fuzz` builds it with the sanitizers.
let package = Package(
    name: "fuzzers",
    dependencies: [.package(name: "decahose", path: "../..")],
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
        .executableTarget(name: "ConfigurationFuzzer", dependencies: ["FuzzSupport", product("Settings")]),
    ],
    swiftLanguageModes: [.v6]
)
