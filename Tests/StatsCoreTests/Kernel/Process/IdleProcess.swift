import Foundation

/// A process that does nothing until it is ended, which is at the end of the test at the latest.
final class IdleProcess {
    private let process = Process()
    private let input = Pipe()

    init() throws {
        process.executableURL = URL(fileURLWithPath: "/bin/cat")
        process.standardInput = input
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    var pid: Int32 { process.processIdentifier }

    /// Ends it, and waits until it is gone.
    func end() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
