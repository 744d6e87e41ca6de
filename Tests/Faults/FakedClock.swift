import Foundation
import TestSupport

/// A program whose wall clock is set otherwise than the machine's, and can be set again while it runs. What it waits for goes by the kernel's clocks, as ever.
///
/// Not by libfaketime, which takes the monotonic clock's timers for the wall clock's.
struct FakedClock {
    private let file: String
    /// Words in front of the program's command line.
    let prefix: [String]

    /// Builds what stands in for clock_gettime(2), a second's work.
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
        prefix = ["env", "LD_PRELOAD=\(library)", "FAKE_CLOCK=\(file)"]
        try set(hours: hours)
    }

    func set(hours: Int) throws { try "\(hours * 3600)\n".write(toFile: file, atomically: true, encoding: .utf8) }

    /// The hour that it is there, as a log line begins: `2026-01-31T17`.
    static func hour(_ hours: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd'T'HH"
        return formatter.string(from: Date(timeIntervalSinceNow: Double(hours) * 3600))
    }
}
