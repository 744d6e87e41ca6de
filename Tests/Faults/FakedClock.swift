import Foundation

/// A program whose wall clock is set otherwise than the machine's, by libfaketime; its monotonic clock is left alone.
enum FakedClock {
    /// Words in front of its command line.
    ///
    /// - Parameter jump: as faketime(1) takes it: `+3h`, `-90m`.
    static func prefix(_ jump: String) throws -> [String] { try prefix(setting: "FAKETIME=\(jump)") }

    /// - Parameter file: holds the jump, and is looked at again whenever the program asks for the time.
    static func prefix(file: String) throws -> [String] {
        try prefix(setting: "FAKETIME_TIMESTAMP_FILE=\(file)")
    }

    private static func prefix(setting: String) throws -> [String] {
        let directories = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
        let candidates = directories.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
        guard let library = candidates.first(where: { FileManager.default.isReadableFile(atPath: $0) }) else {
            throw Child.Failure(description: "libfaketime isn't installed")
        }
        return ["env", "LD_PRELOAD=\(library)", setting, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"]
    }

    /// The hour that it is there, as a log line begins: `2026-01-31T17`.
    static func hour(_ hours: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd'T'HH"
        return formatter.string(from: Date(timeIntervalSinceNow: Double(hours) * 3600))
    }
}
