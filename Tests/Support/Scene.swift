import Foundation
import Glibc
import TestSupport
import Testing

/// One test's world: a scratch directory and the processes that it started, all gone when it ends, however it ends.
final class Scene {
    /// A directory of this test's own, below which everything is made.
    var directory: String { scratch.path }
    private let scratch: ScratchDirectory
    private var children: [Child] = []
    private var cleanUp: [() async -> Void] = []
    private var inMemory: [ScratchDirectory] = []

    private init() throws {
        scratch = try ScratchDirectory()
        // For an agent of another user.
        chmod(directory, 0o755)
    }

    /// Runs a test in a world of its own. When it fails by throwing, what its processes said stands in the failure.
    static func run(_ body: (Scene) async throws -> Void) async throws {
        let scene = try Scene()
        do {
            try await body(scene)
        } catch {
            await scene.end()
            // An expectation that failed has said so itself.
            let reason = error is ExpectationFailedError ? "" : "\(error)"
            Issue.record("\(reason)\n\(scene.children.map(\.diary).joined(separator: "\n"))")
            return
        }
        await scene.end()
    }

    /// Something to undo at the end, the latest first.
    func later(_ action: @escaping () async -> Void) { cleanUp.append(action) }

    func path(_ name: String) -> String { scratch.path(name) }

    func makeDirectory(_ name: String) throws -> String { try scratch.makeDirectory(name) }

    /// A path where a sync costs nothing, for what must survive a process and no power cut: how fast the machine's disk is then decides nothing.
    func inMemory(_ name: String) throws -> String {
        let directory = try ScratchDirectory(inMemory: true)
        inMemory.append(directory)
        return directory.path(name)
    }

    /// Starts a program that goes on while the test does other things.
    func start(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Child {
        let child = try Child(executable, arguments, environment: environment, log: path("child\(children.count)"))
        children.append(child)
        return child
    }

    /// Runs a program to its end.
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
