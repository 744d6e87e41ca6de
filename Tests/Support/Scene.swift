import Foundation
import Glibc
import TestSupport
import Testing

/// A test's surroundings: a scratch directory and the processes that it started. All are removed when the test ends, however it ends.
final class Scene {
    /// This test's own directory; everything is made below it.
    var directory: String { scratch.path }
    private let scratch: ScratchDirectory
    private var children: [Child] = []
    private var cleanUp: [() async -> Void] = []
    private var inMemory: [ScratchDirectory] = []

    private init() throws {
        scratch = try ScratchDirectory()
        // So that an agent of another user can enter it.
        chmod(directory, 0o755)
    }

    /// Runs a test in a scene of its own. If the test throws, the failure includes the output of its processes.
    static func run(_ body: (Scene) async throws -> Void) async throws {
        let scene = try Scene()
        do {
            try await body(scene)
        } catch {
            await scene.end()
            // A failed expectation has reported itself.
            let reason = error is ExpectationFailedError ? "" : "\(error)"
            Issue.record("\(reason)\n\(scene.children.map(\.diary).joined(separator: "\n"))")
            return
        }
        await scene.end()
    }

    /// Adds an action for the end of the test. The last one added runs first.
    func later(_ action: @escaping () async -> Void) { cleanUp.append(action) }

    func path(_ name: String) -> String { scratch.path(name) }

    func makeDirectory(_ name: String) throws -> String { try scratch.makeDirectory(name) }

    /// A path where a sync costs nothing, for what must survive a process and no power cut: how fast the machine's disk is then decides nothing.
    func inMemory(_ name: String) throws -> String {
        let directory = try ScratchDirectory(inMemory: true)
        inMemory.append(directory)
        return directory.path(name)
    }

    /// Starts a program that runs while the test goes on.
    func start(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Child {
        let child = try Child(executable, arguments, environment: environment, log: path("child\(children.count)"))
        children.append(child)
        return child
    }

    /// Runs a program until it ends.
    func command(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(300)
    ) async throws -> Command {
        let child = try Child(executable, arguments, environment: environment, log: path("command"))
        children.append(child)
        let status = try await child.ended(within: limit)
        children.removeLast()
        return Command(line: ([child.name] + arguments).joined(separator: " "), status: status, output: child.output, errors: child.errors)
    }

    private func end() async {
        for action in cleanUp.reversed() { await action() }
        cleanUp = []
        for child in children.reversed() where child.poll() == nil {
            if (try? await child.terminate(within: .seconds(8))) == nil { try? await child.crash() }
        }
    }
}
