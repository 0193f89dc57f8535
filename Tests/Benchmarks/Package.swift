// swift-tools-version:6.2
import PackageDescription

// A package of its own, so that the product's build stays light.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "decahose", path: "../..")],
    targets: [
        .executableTarget(
            name: "Microbenchmarks",
            dependencies: [
                .product(name: "Tweets", package: "decahose"),
                .product(name: "Ingest", package: "decahose"),
                .product(name: "Dedup", package: "decahose"),
                .product(name: "Recovery", package: "decahose"),
                .product(name: "World", package: "decahose"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
