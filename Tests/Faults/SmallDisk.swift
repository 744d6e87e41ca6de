import Foundation
import Glibc
import TestSupport

/// A disk that is soon full: a tmpfs, mounted at `path`. Needs root.
final class SmallDisk {
    let path: String
    private let ballast: String

    init(_ scene: Scene, name: String = "small", kibibytes: Int) async throws {
        path = try scene.makeDirectory(name)
        ballast = path + "/ballast"
        Mounts.takeAway(path, at: scene)
        _ = try await Mounts.run(scene, "mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "sonde-test", path)
    }

    var freeBytes: UInt64 {
        var status = statvfs()
        return statvfs(path, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_bsize) : 0
    }

    /// Fills the disk except for `bytes`, with a file `ballast`.
    func fill(leaving bytes: UInt64 = 0) throws {
        let file = open(ballast, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { throw Child.Failure(description: "\(ballast) can't be made: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var state = stat()
        fstat(file, &state)
        let more = freeBytes > bytes ? freeBytes - bytes : 0
        let code = posix_fallocate(file, 0, state.st_size + off_t(more))
        guard code == 0 || code == ENOSPC else {
            throw Child.Failure(description: "\(ballast) can't grow: \(String(cString: strerror(code)))")
        }
    }

    /// Frees that space.
    func free() throws {
        guard unlink(ballast) == 0 else {
            throw Child.Failure(description: "\(ballast) can't be removed: \(String(cString: strerror(errno)))")
        }
    }
}
