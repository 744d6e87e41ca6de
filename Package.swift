// swift-tools-version: 6.2
import PackageDescription

// In CI a warning is an error. On a user's machine a newer compiler's new warnings must not stop the build.
let strictness: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] =
    strictness + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
    ]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let daemon: [Target.Dependency] =
    nio + [
        "StatsCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ]

// What the packages below need in turn. They are named only to fix their versions, too; all of them are Apple's.
let indirect: [(name: String, version: Version, product: String)] = [
    ("swift-algorithms", "1.2.1", "Algorithms"),
    ("swift-async-algorithms", "1.1.4", "AsyncAlgorithms"),
    ("swift-atomics", "1.3.0", "Atomics"),
    ("swift-distributed-tracing", "1.7.3", "Tracing"),
    ("swift-http-structured-headers", "1.7.0", "StructuredFieldValues"),
    ("swift-metrics", "2.13.0", "Metrics"),
    ("swift-nio-http2", "1.46.0", "NIOHTTP2"),
    ("swift-nio-transport-services", "1.28.0", "NIOTransportServices"),
    ("swift-numerics", "1.1.1", "RealModule"),
    ("swift-service-context", "1.5.1", "ServiceContextModule"),
]

let package = Package(
    name: "sonde",
    products: [
        .library(name: "StatsCore", targets: ["StatsCore"]),
        .executable(name: "sonde-agent", targets: ["Agent"]),
        .executable(name: "sonde-collector", targets: ["Collector"]),
        .executable(name: "sonde", targets: ["CLI"]),
    ],
    // Exact versions, so that everybody builds what was tested. CONTRIBUTING.md says how to change them. No traits where these would bring all of Foundation,
    // whose ICU data has 40 MB.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        // Needed in turn, too, and the only one of those with traits.
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Not below 2.100.0, where the HTTP/1 decoder accepts headers without a bound.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    ] + indirect.map { .package(url: "https://github.com/apple/\($0.name)", exact: $0.version) },
    targets: [
        .target(
            name: "StatsCore",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        // What agent and collector send to whoever stores metrics.
        .target(
            name: "RemoteWrite",
            dependencies: nio + [
                "StatsCore", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOHTTP1", package: "swift-nio"),
                // For the zlib that it brings.
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Agent",
            dependencies: daemon + [
                "RemoteWrite", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            // What has to be fast of it is in StatsCore: the agent itself is made small, since it goes onto every host.
            swiftSettings: settings + [.unsafeFlags(["-Osize"], .when(configuration: .release))]),
        .executableTarget(
            name: "Collector",
            dependencies: daemon + [
                "RemoteWrite",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.embedInCode("Page")],
            swiftSettings: settings),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "StatsCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                // For the zlib that it brings.
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        // Runs inner loops of the collector, for Tests/Lab/instructions.sh to count their instructions, and a queue on disk, for a test to kill it.
        .executableTarget(
            name: "InnerLoops",
            dependencies: daemon + ["RemoteWrite"], path: "Tests/InnerLoops",
            swiftSettings: settings),
        // What all test targets share, as they can't import each other.
        .target(
            name: "TestSupport",
            dependencies: indirect.map { .product(name: $0.product, package: $0.name) } + [
                "StatsCore", .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "StatsCoreTests",
            dependencies: ["StatsCore", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "AgentTests",
            dependencies: nio + [
                "Agent", "StatsCore", "TestSupport", .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "CollectorTests",
            dependencies: daemon + [
                "Collector", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RemoteWriteTests",
            dependencies: nio + [
                "RemoteWrite", "StatsCore", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(name: "CLITests", dependencies: ["CLI", "StatsCore", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests", dependencies: ["StatsCore", "TestSupport", .product(name: "NIOCore", package: "swift-nio")],
            path: "Tests",
            exclude: ["AgentTests", "CLITests", "CollectorTests", "InnerLoops", "RemoteWriteTests", "StatsCoreTests", "TestSupport", "Lab"]
                + [
                    "Integration/attack.py",
                    "Integration/browser", "Integration/check_analysis.py",
                    "Integration/check_metrics.py",
                    "Integration/check_compare.py", "Integration/check_dashboard.py", "Integration/check_documented.py",
                    "Integration/check_export.py",
                    "Integration/check_merge.py",
                    "Integration/check_psutil.py", "Integration/check_run.py", "Integration/check_store.py", "Integration/exits.py",
                    "Integration/kustomize.py", "Integration/minimal_agent.py", "Integration/prometheus_samples.py",
                    "Integration/remote_write_receiver.py", "Integration/replay_alerts.py", "Integration/scrape_app.py",
                    "Integration/without_sock_diag.py",
                    "Integration/yaml_trees.py",
                ],
            sources: ["Integration", "Faults", "Support"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
