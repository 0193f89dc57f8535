// swift-tools-version:6.2
import PackageDescription

/// `make test` and CI set this, so that a warning of a newer compiler does not stop somebody who only builds.
let warningsAreErrors = Context.environment["DECAHOSE_WARNINGS_AS_ERRORS"] == "1"

let settings: [SwiftSetting] =
    [
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func system(_ name: String, _ pkgConfig: String, _ apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpServer: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "decahose",
    products: [
        .executable(name: "decahose", targets: ["decahose"]),
        .library(name: "Tweets", targets: ["Tweets"]),
        .library(name: "Ingest", targets: ["Ingest"]),
        .library(name: "Dedup", targets: ["Dedup"]),
        .library(name: "Recovery", targets: ["Recovery"]),
        .library(name: "World", targets: ["World"]),
        .library(name: "StreamClient", targets: ["StreamClient"]),
        .library(name: "Kafka", targets: ["Kafka"]),
        .library(name: "Settings", targets: ["Settings"]),
        // For the fuzzers and the benchmarks, which are packages of their own.
        .library(name: "Operations", targets: ["Operations"]),
        .library(name: "KafkaTestSupport", targets: ["KafkaTestSupport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // C libraries from Debian's -dev packages, each wrapped once.
        system("CLibcurl", "libcurl", "libcurl4-openssl-dev"),
        system("CLibrdkafka", "rdkafka", "librdkafka-dev"),
        system("CZlib", "zlib", "zlib1g-dev"),
        // A header alone: vector instructions that Swift's portable vectors cannot say.
        .systemLibrary(name: "CBitMasks"),

        // Pure cores: no clock, no socket, no thread, no Kafka.
        library("Tweets"),
        library("Ingest", ["Tweets", "CBitMasks"]),
        library("Dedup", ["Tweets"]),
        library("Recovery", ["Tweets"]),
        library("World", ["Tweets"]),

        // Shells: input and output, and nothing else.
        library("StreamClient", ["CLibcurl", "CZlib"]),
        library("Kafka", ["CLibrdkafka"]),
        library("Settings", ["Tweets", .product(name: "TOMLKit", package: "TOMLKit")]),
        library("Operations", ["Tweets", logging, histogram]),
        .target(
            name: "StatusServer",
            dependencies: ["Operations", hummingbird, httpServer, lifecycle, logging],
            resources: ["html", "css", "js"].map { .embedInCode("Dashboard/dashboard.\($0)") },
            swiftSettings: settings
        ),
        library(
            "Services",
            [
                "Tweets", "Ingest", "Dedup", "Recovery", "StreamClient", "Kafka", "Settings", "Operations", lifecycle,
                logging,
            ]
        ),
        library("Simulator", ["Tweets", "World", "Operations", "CZlib", httpServer, lifecycle, logging]),
        library("Demo", ["Tweets", "Kafka", "StreamClient", "Operations"]),
        .executableTarget(
            name: "decahose",
            dependencies: [
                "Demo", "Tweets", "Services", "Simulator", "World", "StatusServer", "Settings", "Operations", "Kafka",
                lifecycle,
                logging,
                arguments,
            ],
            swiftSettings: settings
        ),

        tests("TweetsTests", ["Tweets"]),
        // For tests and fuzzers: a whole JSON parser that judges the scanner.
        .target(
            name: "ScannerOracle",
            dependencies: ["Ingest", "Tweets"],
            path: "Tests/Support/ScannerOracle",
            swiftSettings: settings
        ),
        tests("IngestTests", ["Ingest", "Tweets", "CBitMasks", "ScannerOracle"]),
        // For tests: Kafka's semantics as a value.
        .target(name: "ModelLog", path: "Tests/Support/ModelLog", swiftSettings: settings),
        tests("DedupTests", ["Dedup", "Tweets", "World", "ModelLog"]),
        // For tests: the coverage rule against the truth, day after day, and what plays thousands of days.
        .target(
            name: "CoverageModel",
            dependencies: ["Recovery", "Tweets"],
            path: "Tests/Support/CoverageModel",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "coverage-run",
            dependencies: ["CoverageModel"],
            path: "Tests/Support/CoverageRun",
            swiftSettings: settings
        ),
        tests("RecoveryTests", ["Recovery", "Tweets", "CoverageModel", "World", "Dedup"]),
        // For tests: the whole system on a virtual clock, from a seed; and what plays many seeds, built for speed.
        .target(
            name: "Simulation",
            dependencies: ["Ingest", "Dedup", "Recovery", "World", "Tweets", "ModelLog"],
            path: "Tests/Simulation",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulation-run",
            dependencies: ["Simulation"],
            path: "Tests/Support/SimulationRun",
            swiftSettings: settings
        ),
        tests("SimulationTests", ["Simulation"]),
        tests("WorldTests", ["World", "Tweets"]),
        tests("StreamClientTests", ["StreamClient", "Ingest", "Tweets", "CZlib"]),
        // For tests: a real broker where there is one.
        .target(
            name: "KafkaTestSupport",
            dependencies: ["Kafka", "CLibrdkafka"],
            path: "Tests/Support/KafkaTestSupport",
            swiftSettings: settings
        ),
        tests("KafkaTests", ["Kafka", "KafkaTestSupport"]),
        tests("ConformanceTests", ["ModelLog", "Kafka", "KafkaTestSupport"]),
        // For tests: the processes of a whole installation, killed at random; and what kills for long.
        .target(
            name: "FaultSweep",
            dependencies: ["Demo", "KafkaTestSupport", "Operations", "Tweets", "World"],
            path: "Tests/Support/FaultSweep",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fault-run",
            dependencies: ["FaultSweep", "KafkaTestSupport", "Operations"],
            path: "Tests/Support/FaultRun",
            swiftSettings: settings
        ),
        tests("SettingsTests", ["Settings", "Tweets"]),
        tests("OperationsTests", ["Operations", "Tweets", logging]),
        tests("SimulatorTests", ["Simulator", "World", "StreamClient", "Operations", "Tweets", logging]),
        tests(
            "ServicesTests",
            [
                "Services", "Dedup", "Recovery", "Settings", "Operations", "Tweets", "Kafka", "KafkaTestSupport",
                "CZlib", "Simulator", "World", "StreamClient",
                logging,
            ]
        ),
        tests("StatusServerTests", ["StatusServer", "StreamClient", "Operations", logging]),
        tests("DemoTests", ["Demo", "FaultSweep", "Operations", "Tweets"]),
        tests(
            "EndToEndTests",
            ["Kafka", "KafkaTestSupport", "Tweets", "StreamClient", "FaultSweep", "decahose"]
        ),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
