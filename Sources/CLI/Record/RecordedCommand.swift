import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The user's command. It has `sonde`'s standard streams and process group, as in a shell.
struct RecordedCommand: Sendable {
    let executable: FilePath
    /// Its name and arguments, as the user wrote them.
    let words: [String]
    /// Whether its standard output goes to standard error.
    let isDiverted: Bool

    /// Runs it until it ends, or until the recording ends for another reason: the command is then asked to end too.
    ///
    /// - Returns: its status as a shell gives it: 128 plus the signal's number when a signal ended it, 126 when it could not be run.
    func run(until ending: Latch<Ending>, say: @escaping @Sendable (String) -> Void) async -> Int32 {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await run(say: say) }
            group.addTask {
                // Ctrl-C in a terminal has reached the command as well: it gets a moment to end by itself.
                if case .interrupted(SIGINT)? = try? await ending.wait() { try? await Task.sleep(for: .seconds(3)) }
                return nil
            }
            var status: Int32 = 126
            // The first of the two to finish cancels the other. A cancelled command gets SIGTERM, then SIGKILL if it doesn't end.
            while let finished = await group.next() {
                status = finished ?? status
                group.cancelAll()
            }
            return status
        }
    }

    private func run(say: @Sendable (String) -> Void) async -> Int32 {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
        do {
            let result = try await Subprocess.run(
                .path(executable), arguments: .init(executablePathOverride: words[0], remainingValues: Array(words.dropFirst())),
                platformOptions: options, input: .currentStandardInput, output: isDiverted ? .currentStandardError : .currentStandardOutput,
                error: .currentStandardError)
            switch result.terminationStatus {
            case .exited(let status): return status
            case .signaled(let signal): return 128 + signal
            }
        } catch is CancellationError {
            return 128 + SIGTERM
        } catch {
            say("The command \(words[0]) could not be run: \(error)")
            return 126
        }
    }
}
