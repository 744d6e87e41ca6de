import StatsCore
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How the user's command ended.
enum CommandEnd: Sendable, Equatable {
    case exited(Int32)
    case signaled(Int32)
    /// It could not be run.
    case failed

    /// As a shell gives it: 128 plus the signal's number when a signal ended it, 126 when it could not be run.
    var status: Int32 {
        switch self {
        case .exited(let status): status
        case .signaled(let signal): 128 + signal
        case .failed: 126
        }
    }
}

/// The user's command as a child process. It has `sonde`'s standard streams and process group, as in a shell.
struct CommandChild: Sendable {
    let executable: FilePath
    /// Its name and arguments, as the user wrote them.
    let words: [String]
    /// Whether its standard output goes to standard error.
    let isDiverted: Bool
    /// The files into which it writes itself before it begins (`CommandCgroup.entrances`).
    let entrances: [String]

    /// Runs it until it ends, or until the recording ends for another reason: the command is then asked to end too.
    /// - Parameter started: gets the process's id.
    func run(
        until ending: Latch<Ending>, started: @escaping @Sendable (Int32) -> Void, say: @escaping @Sendable (String) -> Void
    ) async -> CommandEnd {
        await withTaskGroup(of: CommandEnd?.self) { group in
            group.addTask { await run(started, say: say) }
            group.addTask {
                // Ctrl-C in a terminal has reached the command as well: it gets a moment to end by itself.
                if case .interrupted(SIGINT)? = try? await ending.wait() { try? await Task.sleep(for: .seconds(3)) }
                return nil
            }
            var end = CommandEnd.failed
            // The first of the two to finish cancels the other. A cancelled command gets SIGTERM, then SIGKILL if it doesn't end.
            while let finished = await group.next() {
                end = finished ?? end
                group.cancelAll()
            }
            return end
        }
    }

    private func run(_ started: @Sendable (Int32) -> Void, say: @Sendable (String) -> Void) async -> CommandEnd {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
        do {
            let result = try await Subprocess.run(
                .path(program), arguments: arguments, platformOptions: options, input: .currentStandardInput,
                output: isDiverted ? .currentStandardError : .currentStandardOutput, error: .currentStandardError
            ) { started($0.processIdentifier.value) }
            switch result.terminationStatus {
            case .exited(let status): return .exited(status)
            case .signaled(let signal): return .signaled(signal)
            }
        } catch is CancellationError {
            return .signaled(SIGTERM)
        } catch {
            say("The command \(words[0]) could not be run: \(error)")
            return .failed
        }
    }

    private var program: FilePath { entrances.isEmpty ? executable : "/proc/self/exe" }

    private var arguments: Arguments {
        if entrances.isEmpty { return .init(executablePathOverride: words[0], remainingValues: Array(words.dropFirst())) }
        return .init(
            executablePathOverride: "sonde", remainingValues: CommandEntry.arguments(entrances, executable.string, words))
    }
}
