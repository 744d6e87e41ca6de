import Foundation
import Glibc

/// The working of mount(8) and its like: commands that must succeed.
enum Mounts {
    static func run(_ scene: Scene, _ words: String...) async throws -> String {
        // A minimal user's PATH lacks where these programs are.
        let path = "/usr/sbin:/sbin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        return try await scene.command("/usr/bin/env", ["PATH=\(path)"] + words).succeeded()
    }

    /// Takes a file system away when the test ends, however it ends, and whoever still holds it.
    static func takeAway(_ directory: String, at end: Scene) {
        end.later { while umount2(directory, Int32(MNT_DETACH)) == 0 {} }
    }
}
