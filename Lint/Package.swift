// swift-tools-version: 6.2
import PackageDescription

// Checks of the sources that no compiler makes. It depends on nothing, so that it is built in seconds.
let package = Package(
    name: "lint",
    targets: [
        .target(name: "FolderOrder"),
        .executableTarget(name: "check-folders", dependencies: ["FolderOrder"]),
        .testTarget(name: "FolderOrderTests", dependencies: ["FolderOrder"]),
    ],
    swiftLanguageModes: [.v6]
)
