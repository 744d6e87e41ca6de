import Foundation
import TestSupport

/// Runs a program whose wall clock differs from the machine's and can be changed while it runs. Its waits use the kernel's clocks, as always.
///
/// libfaketime isn't used, because it treats timers of the monotonic clock as those of the wall clock.
struct FakedClock {
    private let file: String
    /// Words before the program's command line. The program beside the tests is run in its place: a released one takes no library.
    let prefix: [String]

    /// Builds the library that replaces clock_gettime(2), which takes a second.
    init(_ scene: Scene, hours: Int) async throws {
        let library = scene.path("fake-clock.so")
        if !FileManager.default.fileExists(atPath: library) {
            let sources = Checkout.tests + "/Lab/FakeClock"
            _ = try await scene.command(
                "swiftc",
                [
                    "-O", "-wmo", "-parse-as-library", "-enable-experimental-feature", "Embedded", "-enable-experimental-feature", "Extern",
                    "-Xlinker", "--version-script=\(sources)/exported.map", "-emit-library", "-o", library, "\(sources)/FakeClock.swift",
                ], within: .seconds(300)
            ).succeeded()
        }
        file = scene.path("clock-\(UUID().uuidString)")
        let script = #"""
            library=$1 clock=$2 program=$3/${4##*/}; shift 4
            exec env LD_PRELOAD="$library" FAKE_CLOCK="$clock" "$program" "$@"
            """#
        prefix = ["sh", "-c", script, "sh", library, file, Products.besideTests]
        try set(hours: hours)
    }

    func set(hours: Int) throws { try "\(hours * 3600)\n".write(toFile: file, atomically: true, encoding: .utf8) }

    /// The hour by the changed clock, as a log line begins: `2026-01-31T17`.
    static func hour(_ hours: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd'T'HH"
        return formatter.string(from: Date(timeIntervalSinceNow: Double(hours) * 3600))
    }
}
