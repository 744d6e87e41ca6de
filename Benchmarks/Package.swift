// swift-tools-version: 6.2
import PackageDescription

// A package of its own without dependencies, so that measuring adds nothing to what users build. It has no access to Sonde's code:
// it runs the built programs as black boxes, and has its own implementation of docs/PROTOCOL.md.
let package = Package(
    name: "sonde-benchmarks",
    targets: [
        .systemLibrary(name: "Epoll"),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Epoll"],
            swiftSettings: [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]),
    ],
    swiftLanguageModes: [.v6]
)
