import Subprocess
import SystemPackage

/// One of Sonde's daemons as a child process, for the duration of a recording.
struct Daemon {
    let name: String
    let executable: FilePath
    let arguments: [String]

    /// Without the user's TLS settings: the daemons of a recording only talk to each other.
    static let environment = Environment.inherit.updating([
        "SONDE_TLS_CA": nil, "SONDE_TLS_CERTIFICATE": nil, "SONDE_TLS_KEY": nil, "SONDE_INSECURE": nil,
        // --units none means none.
        "SONDE_UNITS": nil,
    ])
    private static let patience = Duration.seconds(15)

    /// Starts the daemon, waits until it is ready and passes its ready line to `body`. When this returns or throws, the daemon has ended
    /// and has been reaped: SIGTERM first, then SIGKILL if it doesn't end.
    ///
    /// - Parameters:
    ///   - ending: is set when the daemon ends by itself.
    ///   - warn: is called with each warning of the daemon.
    func run<Value: Sendable>(
        ending: Latch<Ending>, warn: @escaping @Sendable (String) -> Void,
        _ body: @Sendable (_ readyLine: String, _ journal: Journal) async throws -> Value
    ) async throws -> Value {
        let journal = Journal(name: name, warn: warn)
        let name = name
        let teardown = [TeardownStep.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
        var options = PlatformOptions()
        // A process group of its own: Ctrl-C in a terminal must only reach `sonde`, which ends the daemons once the run is closed.
        options.processGroupID = 0
        options.teardownSequence = teardown
        do {
            let result = try await Subprocess.run(
                .path(executable), arguments: .init(arguments), environment: Self.environment, platformOptions: options, input: .none,
                output: .sequence, error: .sequence
            ) { execution in
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await line in execution.standardOutput.strings() { journal.noteOutput(line) }
                        journal.ready.set(nil)
                        ending.set(.daemonEnded(name))
                    }
                    group.addTask {
                        for try await line in execution.standardError.strings() { journal.noteError(line) }
                    }
                    let outcome: Result<Value, any Error>
                    do {
                        guard let ready = try await journal.ready.wait(within: Self.patience) else {
                            throw CommandFailure(code: "daemon_failed", message: "\(name) was not ready within \(Self.patience).")
                        }
                        guard let ready else { throw Died() }
                        outcome = .success(try await body(ready, journal))
                    } catch {
                        outcome = .failure(error)
                    }
                    await execution.teardown(using: teardown)
                    try? await group.waitForAll()
                    return outcome
                }
            }
            return try result.closureResult.get()
        } catch is Died {
            throw CommandFailure(code: "daemon_failed", message: "\(name) ended before it was ready:\(journal.lastWords)")
        } catch let error as SubprocessError {
            throw CommandFailure(code: "daemon_failed", message: "\(executable) could not be run: \(error)\(journal.lastWords)")
        }
    }

    private struct Died: Error {}
}
