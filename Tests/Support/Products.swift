import Foundation
import Glibc

/// The executables under test: those in `SONDE_BIN`, else those beside the test bundle.
enum Products {
    static let collector = path("sonde-collector")
    static let agent = path("sonde-agent")
    static let cli = path("sonde")

    private static let directory: String = {
        if let given = ProcessInfo.processInfo.environment["SONDE_BIN"] { return given }
        // swift test runs the bundle as an executable, or a helper that is told the bundle's path.
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
