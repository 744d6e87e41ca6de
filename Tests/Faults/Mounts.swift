import Foundation
import Glibc

/// Runs mount(8) and similar commands, which must succeed.
enum Mounts {
    static func run(_ scene: Scene, _ words: String...) async throws -> String {
        // The PATH of an ordinary user lacks the directories of these programs.
        let path = "/usr/sbin:/sbin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        return try await scene.command("/usr/bin/env", ["PATH=\(path)"] + words).succeeded()
    }

    /// Unmounts a file system when the test ends, however it ends and whoever still uses it.
    static func takeAway(_ directory: String, at end: Scene) {
        end.later { while umount2(directory, Int32(MNT_DETACH)) == 0 {} }
    }
}
