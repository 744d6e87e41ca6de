import Foundation
import Glibc

/// The executables under test: those in `SONDE_BIN`, else those in the directory of the test bundle.
enum Products {
    static let collector = path("sonde-collector")
    static let agent = path("sonde-agent")
    static let cli = path("sonde")

    /// Runs parts of StatsCore by themselves.
    static let innerLoops = path("InnerLoops")

    private static let directory = ProcessInfo.processInfo.environment["SONDE_BIN"] ?? besideTests

    /// The directory of the test bundle. Its programs are linked with the system's libraries, as released ones aren't.
    static let besideTests: String = {
        // swift test runs the bundle as an executable, or runs a helper with the bundle's path as an argument.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let absolute = URL(fileURLWithPath: bundle).standardizedFileURL
        var directory = absolute.deletingLastPathComponent()
        while directory.path != "/", access(directory.appending(path: "sonde-collector").path, X_OK) != 0 {
            directory = directory.deletingLastPathComponent()
        }
        return directory.path != "/" ? directory.path : "(nowhere beside \(absolute.path): build them, or set SONDE_BIN)"
    }()

    private static func path(_ name: String) -> String { directory + "/" + name }
}
