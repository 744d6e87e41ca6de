import Foundation
import Glibc
import TestSupport
import Testing

/// What is handed out: the programs of `make build`, and the files of deploy/.
enum Release {
    /// Those in `SONDE_RELEASE`, else those that `make build` leaves.
    static let directory = ProcessInfo.processInfo.environment["SONDE_RELEASE"] ?? Checkout.path + "/.build/release"
    static let deploy = Checkout.path + "/deploy"

    fileprivate static var isBuilt: Bool { access(directory + "/sonde-collector", X_OK) == 0 }
}

extension Trait where Self == ConditionTrait {
    /// A test of the programs as they are handed out, which take minutes to build: left out where nobody has built them, except in CI.
    static var release: Self {
        .enabled(if: Release.isBuilt || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1", "needs `make build`")
    }
}
