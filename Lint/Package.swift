// swift-tools-version: 6.2
import PackageDescription

// Checks of the sources that the compiler doesn't make. It has no dependencies, so it builds in seconds.
let package = Package(
    name: "lint",
    targets: [
        .target(name: "FolderOrder"),
        .executableTarget(name: "check-folders", dependencies: ["FolderOrder"]),
        .testTarget(name: "FolderOrderTests", dependencies: ["FolderOrder"]),
    ],
    swiftLanguageModes: [.v6]
)
