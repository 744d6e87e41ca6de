import Foundation
import Glibc
import Testing

/// One test's world: a scratch directory and the processes that it started, all gone when it ends, however it ends.
final class Scene {
    /// A directory of this test's own, below which everything is made.
    let directory: String
    private var children: [Child] = []
    private var cleanUp: [() async -> Void] = []

    private init() throws {
        var template = Array("\(ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp")/sonde-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Child.Failure(description: "no scratch directory: \(String(cString: strerror(errno)))")
        }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
            scene.remove()
            return
        }
        await scene.end()
        scene.remove()
    }

    /// Something to undo at the end, the latest first.
    func later(_ action: @escaping () async -> Void) { cleanUp.append(action) }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        return path(name)
    }

    /// Starts a program that goes on while the test does other things.
    func start(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Child {
        let child = try Child(executable, arguments, environment: environment, log: path("child\(children.count)"))
        children.append(child)
        return child
    }

    /// Runs a program to its end.
    func command(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(120)
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

    private func remove() {
        if ProcessInfo.processInfo.environment["SONDE_KEEP_SCRATCH"] == nil { try? FileManager.default.removeItem(atPath: directory) }
    }
}
