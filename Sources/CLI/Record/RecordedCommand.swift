import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The user's own command, on our standard streams and in our process group, as a shell would run it.
struct RecordedCommand: Sendable {
    let executable: FilePath
    /// Its name and arguments, as the user wrote them.
    let words: [String]

    /// Runs it to its end, or until the recording ends for another reason: then it is asked to end too.
    ///
    /// - Returns: its status as a shell gives it: 128 and the signal's number when a signal ended it, 126 when it could not be run.
    func run(until ending: Latch<Ending>, say: @escaping @Sendable (String) -> Void) async -> Int32 {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await run(say: say) }
            group.addTask {
                // Ctrl-C in a terminal has reached the command as well: it gets a moment to end in its own way.
                if case .interrupted(SIGINT)? = try? await ending.wait() { try? await Task.sleep(for: .seconds(3)) }
                return nil
            }
            var status: Int32 = 126
            // Whichever is first ends the other; cancelled, the command gets SIGTERM, and SIGKILL when that doesn't help.
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
                platformOptions: options, input: .currentStandardInput, output: .currentStandardOutput, error: .currentStandardError)
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
