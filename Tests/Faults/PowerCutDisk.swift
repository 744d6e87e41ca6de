import Foundation
import Glibc
import TestSupport

/// A disk whose power can be cut: ext4 on a loop device. Synced data survives the cut, other data is lost.
///
///     let disk = try await PowerCutDisk(scene)           // mounted at disk.path, empty
///     …a daemon writes below disk.path…
///     try disk.cut()                                     // from here on every system call there fails with EIO
///     …kill the daemon…
///     try await disk.restore()                           // mounted again, as after a reboot
///
/// Needs root, and mkfs.ext4, losetup, mount.
final class PowerCutDisk {
    /// Where it is mounted.
    let path: String
    private let scene: Scene
    private let name: String
    private var image: String
    private var device: String
    private var cuts = 0

    init(_ scene: Scene, name: String = "disk", mebibytes: Int = 256) async throws {
        self.scene = scene
        self.name = name
        path = try scene.makeDirectory(name)
        image = scene.path(name + ".img")
        guard FileManager.default.createFile(atPath: image, contents: nil), truncate(image, off_t(mebibytes << 20)) == 0 else {
            throw Child.Failure(description: "no room for the image \(image)")
        }
        // Initializes everything now, because background writes would go on after the cut.
        _ = try await Mounts.run(scene, "mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        device = try await Self.attach(image, scene)
        Mounts.takeAway(path, at: scene)
        try await mount()
    }

    /// Makes a block device of an image, until the test ends.
    private static func attach(_ image: String, _ scene: Scene) async throws -> String {
        let device = try await Mounts.run(scene, "losetup", "--find", "--show", image).trimmingCharacters(in: .whitespacesAndNewlines)
        scene.later { _ = try? await Mounts.run(scene, "losetup", "--detach", device) }
        return device
    }

    /// Cuts the power: nothing more reaches the disk, not even its journal.
    ///
    /// Source: EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (Linux, fs/ext4/ext4.h). `restore` checks that it happened.
    func cut() throws {
        let directory = open(path, O_RDONLY | O_DIRECTORY)
        guard directory >= 0 else { throw Child.Failure(description: "\(path) can't be opened") }
        defer { close(directory) }
        var flags: UInt32 = 2
        guard ioctl(directory, 0x8004_587d, &flags) == 0 else {
            throw Child.Failure(description: "the power of \(path) can't be cut: \(String(cString: strerror(errno)))")
        }
    }

    /// Mounts the disk again, as a reboot would. No process may use it at this moment.
    ///
    /// It goes on in a copy of what had reached the disk. A container, anybody's, that began meanwhile has a copy of this machine's mounts, and so
    /// may keep the dead file system: the same device mounted once more would be that one.
    func restore() async throws {
        guard mkdir(path + "/power", 0o755) != 0, errno == EIO else {
            throw Child.Failure(description: "the power of \(path) was not cut")
        }
        try await eventually("\(path) let go of") { umount(self.path) == 0 }
        cuts += 1
        let copy = scene.path("\(name)-\(cuts).img")
        try await scene.command("cp", ["--sparse=always", image, copy]).succeeded()
        unlink(image)
        image = copy
        device = try await Self.attach(copy, scene)
        try await mount()
    }

    /// Nothing but a sync makes anything durable: the journal's own commit every five seconds would, by chance, make good what nobody synced.
    private func mount() async throws { _ = try await Mounts.run(scene, "mount", "-o", "commit=3600", device, path) }
}
