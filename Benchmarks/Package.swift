// swift-tools-version: 6.2
import PackageDescription

// A package of its own and without dependencies, so that measuring adds nothing to what users build. It can't see inside Sonde:
// the built programs are black boxes to it, and it speaks their wire from docs/PROTOCOL.md alone.
let package = Package(
    name: "sonde-benchmarks",
    targets: [
        .executableTarget(
            name: "Benchmarks",
            swiftSettings: [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")])
    ],
    swiftLanguageModes: [.v6]
)
