// swift-tools-version:6.2
import PackageDescription

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "decahose") }

// A package of its own, so that the product's build stays light.
let package = Package(
    name: "benchmarks",
    products: [
        // Preloaded into the bridge, so it must be a library that stands alone.
        .library(name: "AllocationCounter", type: .dynamic, targets: ["AllocationCounter"])
    ],
    dependencies: [.package(name: "decahose", path: "../..")],
    targets: [
        .executableTarget(
            name: "Microbenchmarks",
            dependencies: ["GzipMember", "CMalloc"]
                + ["Tweets", "Ingest", "StreamClient", "Dedup", "Recovery", "World"].map(product)
        ),
        // Starts the real executable, and what it is compared with.
        .executableTarget(
            name: "ProcessBenchmarks",
            dependencies: ["GzipMember", "AllocationCounts"]
                + ["Tweets", "Ingest", "World", "Kafka", "KafkaTestSupport", "Dedup"].map(product)
        ),
        .executableTarget(
            name: "BridgeFloor",
            linkerSettings: ["curl", "z", "rdkafka"].map { .linkedLibrary($0) }
        ),
        .executableTarget(name: "DedupFloor", linkerSettings: [.linkedLibrary("rdkafka")]),
        .target(name: "GzipMember", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "AllocationCounter", cSettings: [.headerSearchPath("../AllocationCounts")]),
        .systemLibrary(name: "AllocationCounts"),
        .systemLibrary(name: "CMalloc"),
    ],
    swiftLanguageModes: [.v6]
)
