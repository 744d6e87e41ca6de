import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file that gets the output of one command of a run. It is locked as long as the command, or anything that has its output from it, runs, also when `sonde` has been killed: by
/// that the next one knows that nothing of a run that was given up is still at work.
final class MatrixLog: Sendable {
    private let file: Descriptor
    private let null: Int32

    /// How long what a killed `sonde` left may take to end.
    private static let patience = Duration.seconds(30)

    /// - Parameter file: gets the output at its end.
    init(_ file: consuming Descriptor) {
        // Without O_NONBLOCK, which a program doesn't expect of its output.
        _ = fcntl(file.raw, F_SETFL, O_APPEND)
        null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        self.file = file
    }

    deinit { _ = close(null) }

    /// Of the command. It reads nothing: what `sonde` is given to read isn't for it.
    var streams: CommandStreams { CommandStreams(input: null, output: file.raw, error: file.raw) }

    /// Begins a command's output, with a line that says which one it is.
    func begin(_ step: MatrixPlan.Step) {
        _ = file.lock()
        _ = WholeWrite.all("== \(step.rawValue)\n".utf8.span.bytes, to: file.raw)
    }

    /// The command has ended. What it leaves running may go on writing.
    func end() { file.unlock() }

    /// Waits until no command of an earlier `sonde` has this file any more.
    /// - Throws: `CommandFailure` when that takes too long.
    func waitForOthers() async throws {
        let deadline = ContinuousClock.now + Self.patience
        while !file.lock() {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    code: "busy",
                    message:
                        "A command of the run that was interrupted still runs, and writes to \(file.path): end it (`fuser \(file.path)` names it), then go on."
                )
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        file.unlock()
    }

    /// The end of all that was written, for a message.
    var lastLines: String {
        let most = 2000
        guard let size = try? file.size() else { return "" }
        var bytes = [UInt8](repeating: 0, count: min(most, Int(clamping: size)))
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0, at: size - UInt64($0.count)) }) ?? 0
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
        return lines.suffix(5).map { "\n    \($0)" }.joined()
    }
}
