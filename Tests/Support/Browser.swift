import Foundation
import Glibc
import TestSupport
import Testing

/// Chromium, driven by the Python scripts in Tests/Integration/browser.
enum Browser {
    fileprivate static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

    /// Starts `check_<name>.py` with the page's address and these arguments.
    static func start(_ scene: Scene, _ name: String, _ collector: Collector, _ arguments: String...) throws -> Child {
        try scene.start(python ?? "python3", line(name, collector, arguments))
    }

    /// Runs it until it ends, which has to be with status 0.
    static func check(_ scene: Scene, _ name: String, _ collector: Collector, _ arguments: String...) async throws {
        let checked = try await scene.command(python ?? "python3", line(name, collector, arguments), within: .seconds(600))
        #expect(checked.status == 0, "\(checked)")
    }

    private static func line(_ name: String, _ collector: Collector, _ arguments: [String]) -> [String] {
        ["\(Checkout.tests)/Integration/browser/check_\(name).py", "http://127.0.0.1:\(collector.control.port)/"] + arguments
    }
}

extension Trait where Self == ConditionTrait {
    /// A test in a browser. It is skipped where there is none, but always runs in CI.
    static var browser: Self {
        .enabled(
            if: Browser.python != nil
                && (access("/usr/bin/chromium", X_OK) == 0 || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1"),
            "needs Debian's chromium, and SONDE_PYTHON, a Python that has playwright; .ci/run makes one")
    }
}
