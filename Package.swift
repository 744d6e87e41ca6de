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
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ]

let package = Package(
    name: "sonde",
    products: [
        .library(name: "StatsCore", targets: ["StatsCore"]),
        .executable(name: "sonde-agent", targets: ["Agent"]),
        .executable(name: "sonde-collector", targets: ["Collector"]),
        .executable(name: "sonde", targets: ["CLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.18.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.10.0"),
        // Before 2.100.0 the HTTP/1 decoder accepted headers without a bound.
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.20.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .target(
            name: "StatsCore",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Agent",
            dependencies: daemon + [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            // What has to be fast of it is in StatsCore: the agent itself is made small, since it goes onto every host.
            swiftSettings: settings + [.unsafeFlags(["-Osize"], .when(configuration: .release))]),
        .executableTarget(
            name: "Collector",
            dependencies: daemon + [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            resources: [.embedInCode("Page")],
            swiftSettings: settings),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "StatsCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings),
        // What all test targets share, as they can't import each other.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "StatsCoreTests",
            dependencies: ["StatsCore", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "AgentTests", dependencies: nio + ["Agent", "StatsCore", "TestSupport", .product(name: "Logging", package: "swift-log")],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(name: "CollectorTests", dependencies: daemon + ["Collector", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "CLITests", dependencies: ["CLI", "StatsCore", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests", dependencies: ["StatsCore", "TestSupport"], path: "Tests",
            exclude: ["AgentTests", "CLITests", "CollectorTests", "StatsCoreTests", "TestSupport", "Lab"]
                + [
                    "Integration/browser",
                    "Integration/check_metrics.py",
                    "Integration/check_documented.py", "Integration/check_psutil.py", "Integration/check_run.py",
                    "Integration/minimal_agent.py",
                    "Integration/yaml_trees.py",
                ],
            sources: ["Integration", "Faults", "Support"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
