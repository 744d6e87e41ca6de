/// `/proc/<pid>/mounts`: the file systems mounted in a process's mount namespace (fstab(5), proc_pid_mounts(5)).
///
///     proc /proc proc rw,relatime 0 0
///     /dev/vda / ext4 rw,relatime,discard 0 0
///     /dev/sdb1 /mnt/two\040words xfs rw 0 0
///
/// Inside a field, blanks, tabs, newlines and backslashes are written as a backslash and three octal digits.
package struct Mounts: Sendable {
    /// A mounted file system that holds data: on a block device, or on another machine.
    package struct Mount: Sendable, Equatable {
        package let point: EncodedText
        package let device: EncodedText
        package let type: EncodedText
        /// The mount point as it is in the namespace of the file.
        package let path: [UInt8]
    }

    /// Each file system once, at its first mount point that isn't hidden by a later mount there.
    package private(set) var mounts: [Mount] = []
    private var last: [UInt8] = []

    package init() {}

    /// Replaces the list; for an unchanged file it only compares.
    ///
    /// Kept are file systems on a device below `/dev`, and network, ZFS and host-to-guest file systems. Left out are
    /// the kernel's own (proc, sysfs, cgroup), tmpfs, which is memory, overlay, whose space is another file system's, squashfs
    /// images, which are always full, and bind mounts of file systems that are in the list already.
    package mutating func update(parsing bytes: RawSpan) {
        let lines = bytes.completeLines
        guard !last.isEqual(to: lines) else { return }
        last = lines.withUnsafeBytes { Array($0) }
        mounts.removeAll(keepingCapacity: true)
        var cursor = ByteCursor(lines)
        while !cursor.isAtEnd {
            let (device, point, type) = (cursor.word(), cursor.word(), cursor.word())
            let options = cursor.word()
            let path = Self.unescaped(cursor, point)
            // A mount hides what was mounted at the same path before: statvfs(2) of that path describes the newest mount.
            if !options.isEmpty { mounts.removeAll { $0.path == path } }
            if !options.isEmpty, Self.holdsData(cursor, device: device, type: type) {
                let name = EncodedText(utf8: Self.unescaped(cursor, device).span.bytes)
                let type = EncodedText(utf8: Self.unescaped(cursor, type).span.bytes)
                mounts.append(Mount(point: EncodedText(utf8: path.span.bytes), device: name, type: type, path: path))
            }
            cursor.skipLine()
        }
        var devices: [EncodedText] = []
        mounts.removeAll { mount in
            if devices.contains(mount.device) { return true }
            devices.append(mount.device)
            return false
        }
    }

    private static func holdsData(_ line: borrowing ByteCursor, device: Range<Int>, type: Range<Int>) -> Bool {
        switch line.string(type) {
        case "squashfs", "devtmpfs": false
        case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "lustre", "beegfs", "gpfs", "afs", "ocfs2", "gfs2", "zfs", "9p", "virtiofs",
            "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.juicefs", "fuse.ceph-fuse":
            true
        default: device.count > 5 && line.matches(device.lowerBound..<device.lowerBound + 5, "/dev/")
        }
    }

    /// The field with its octal escapes decoded.
    private static func unescaped(_ line: borrowing ByteCursor, _ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = line.byte(index)
            if byte == UInt8(ascii: "\\"), index + 3 < range.upperBound, let decoded = octal(line, index + 1) {
                out.append(decoded)
                index += 4
            } else {
                out.append(byte)
                index += 1
            }
        }
        return out
    }

    private static func octal(_ line: borrowing ByteCursor, _ start: Int) -> UInt8? {
        var value: UInt = 0
        for index in start..<start + 3 {
            let digit = line.byte(index) &- UInt8(ascii: "0")
            guard digit < 8 else { return nil }
            value = value * 8 + UInt(digit)
        }
        return UInt8(exactly: value)
    }
}

extension [UInt8] {
    fileprivate func isEqual(to other: RawSpan) -> Bool {
        guard count == other.byteCount else { return false }
        for index in indices where self[index] != other.unsafeLoad(fromByteOffset: index, as: UInt8.self) { return false }
        return true
    }
}
