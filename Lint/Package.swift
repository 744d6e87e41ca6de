// swift-tools-version: 6.2
import PackageDescription

// Checks of the sources that the compiler doesn't make, and what the programs are made of. It has no dependencies, so it builds in seconds.
let package = Package(
    name: "lint",
    targets: [
        .target(name: "FolderOrder"),
        .executableTarget(name: "check-folders", dependencies: ["FolderOrder"]),
        .target(name: "BillOfMaterials"),
        .executableTarget(name: "sbom", dependencies: ["BillOfMaterials"]),
        .testTarget(name: "FolderOrderTests", dependencies: ["FolderOrder"]),
        .testTarget(name: "BillOfMaterialsTests", dependencies: ["BillOfMaterials"]),
    ],
    swiftLanguageModes: [.v6]
)
