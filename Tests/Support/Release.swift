import Foundation
import Glibc
import TestSupport
import Testing

/// The release: the programs of `make build`, what they are made of, and the files of deploy/.
enum Release {
    /// The directory `SONDE_RELEASE`, else that of `make build`.
    static let directory = ProcessInfo.processInfo.environment["SONDE_RELEASE"] ?? Checkout.path + "/.build/release"
    static let deploy = Checkout.path + "/deploy"

    /// What `make sbom` leaves.
    static let billOfMaterials = Checkout.path + "/.build/sonde.cdx.json"

    fileprivate static var isBuilt: Bool { access(directory + "/sonde-collector", X_OK) == 0 && access(billOfMaterials, R_OK) == 0 }
}

extension Trait where Self == ConditionTrait {
    /// A test of the released programs. They take minutes to build, so the test is skipped where they aren't built, except in CI.
    static var release: Self {
        .enabled(if: Release.isBuilt || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1", "needs `make build sbom`")
    }
}
