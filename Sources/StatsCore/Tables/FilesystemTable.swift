/// One mounted file system's readings.
package struct FilesystemReading: Sendable {
    package var mount: EncodedText?
    package var device: EncodedText?
    package var type: EncodedText?
    package var usage = FilesystemUsage()

    package init() {}

    package init(mount: Mounts.Mount, usage: FilesystemUsage) {
        self.mount = mount.point
        device = mount.device
        type = mount.type
        self.usage = usage
    }
}

/// The table `filesystem`: a row per mounted file system.
package enum FilesystemTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ reading: borrowing FilesystemReading, _ v: inout V) {
        v.identity("mount", reading.mount, "/proc/1/mounts 2", "Where it is mounted")
        v.identity("device", reading.device, "/proc/1/mounts 1", "The device or server that holds it")
        v.identity("type", reading.type, "/proc/1/mounts 3", "The file system's type")
        v.gauge("size_bytes", reading.usage.sizeBytes, "statvfs f_blocks", "Size")
        v.gauge("free_bytes", reading.usage.freeBytes, "statvfs f_bfree", "Space not used")
        v.gauge("available_bytes", reading.usage.availableBytes, "statvfs f_bavail", "Space that users without privileges can still use")
        v.gauge("files", reading.usage.files, "statvfs f_files", "Inodes that there may be")
        v.gauge("files_free", reading.usage.filesFree, "statvfs f_ffree", "Inodes not used")
    }
}

extension TickRows {
    /// Appends a row of `filesystem`.
    package mutating func append(filesystem reading: borrowing FilesystemReading) {
        row(.filesystem) { FilesystemTable.visit(reading, &$0) }
    }
}
