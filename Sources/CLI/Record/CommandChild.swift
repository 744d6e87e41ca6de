import ArgumentParser
import StatsCore
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The user's command, as `sonde` sees it: a `CommandKeeper` that is started before the run begins, and starts the command when it is told to. Both have `sonde`'s
/// process group, as in a shell.
final class CommandChild: Sendable {
    private let order: CommandOrder
    private let streams: CommandStreams
    private let environment: [String: String]
    private let hold: LifelineHold
    private let started = Latch<Int32?>()
    private let ended = Latch<TerminationStatus?>()

    /// - Parameters:
    ///   - words: its name and arguments, as the user wrote them.
    ///   - environment: variables besides those of `sonde`.
    ///   - leavesRunning: what the command leaves running goes on when it has ended by itself.
    ///   - directory: a temporary one, of this command's own.
    /// - Throws: `CommandFailure` where the directory can hold no FIFO.
    init(
        executable: FilePath, words: [String], streams: CommandStreams, environment: [String: String] = [:], cgroup: CgroupTraces? = nil,
        leavesRunning: Bool = false, directory: FilePath
    ) throws {
        hold = try LifelineHold(making: directory.appending("command"))
        order = CommandOrder(
            lifeline: hold.path, report: directory.appending("command.json").string, cgroup: cgroup, leavesRunning: leavesRunning,
            executable: executable.string, words: words)
        (self.streams, self.environment) = (streams, environment)
    }

    /// Runs the keeper while `body` does its work, which gets the keeper's process id. When this returns or throws, nothing of the command is left.
    func run<Value: Sendable>(_ body: @Sendable (_ keeper: Int32) async throws -> Value) async throws -> Value {
        // Should somebody kill the keeper, what that had taken in is this process's. What may go on is nobody's: no zombie of it stays here.
        CommandProcesses.takeInOrphans(!order.leavesRunning)
        defer { CommandProcesses.takeInOrphans(false) }
        let arguments = Arguments(executablePathOverride: "sonde", remainingValues: try order.arguments())
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.runKeeper(arguments) }
            // The keeper ends by itself when nobody holds its lifeline.
            defer { hold.letGo() }
            return try await withTaskCancellationHandler {
                guard let keeper = try await started.wait() else {
                    throw CommandFailure(code: "no_command", message: "The command \(order.words[0]) can't be run.", status: .init(126))
                }
                return try await body(keeper)
            } onCancel: {
                hold.letGo()
            }
        }
    }

    private func runKeeper(_ arguments: Arguments) async {
        var options = PlatformOptions()
        // By then its lifeline has ended, by which it ends within a moment.
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
        func stream(_ descriptor: Int32) -> FileDescriptorOutput {
            .fileDescriptor(FileDescriptor(rawValue: descriptor), closeAfterSpawningProcess: false)
        }
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment { if let key = Environment.Key(rawValue: name) { variables[key] = value } }
        let result = try? await Subprocess.run(
            .path("/proc/self/exe"), arguments: arguments, environment: .inherit.updating(variables), platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: streams.input), closeAfterSpawningProcess: false),
            output: stream(streams.output), error: stream(streams.error)
        ) { started.set($0.processIdentifier.value) }
        started.set(nil)
        ended.set(result?.terminationStatus)
    }

    /// Starts the command and waits until it and all that it has left have ended. When the recording ends for another reason, the command is asked to end, too.
    /// - Returns: how it ended and what it used, as far as its keeper says; `nil` when that was killed.
    func finish(unless ending: Latch<Ending>) async -> RecordedCommand? {
        hold.tell(CommandKeeper.Word.start)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard let reason = try? await ending.wait() else { return }
                // Ctrl-C in a terminal has reached the command as well: it gets a moment to end by itself.
                if reason == .interrupted(SIGINT) { try? await Task.sleep(for: .seconds(3)) }
                if !Task.isCancelled { self.hold.tell(CommandKeeper.Word.end) }
            }
            _ = try? await ended.wait()
            group.cancelAll()
            guard let report = try? WholeFile(order.report) else { return nil }
            return try? JSONCoding.decode(from: report.bytes)
        }
    }

    /// The signal that ended the keeper, for a command of which that can't tell any more.
    var signal: Int32? {
        if case .signaled(let signal)?? = ended.value { return signal }
        return nil
    }
}
