#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The reading end of a FIFO that another program keeps open for writing as long as it lives: by this a program knows that the one that started it has gone, however
/// that ended.
///
/// PR_SET_PDEATHSIG isn't for that: it tells of the end of the thread that started this program. Source: fifo(7), pipe(7).
package struct Lifeline: ~Copyable {
    package enum State: Equatable {
        /// The other program lives.
        case held
        /// It says something.
        case told(UInt8)
        /// It has gone.
        case ended
    }

    /// Is readable (poll(2), epoll(7)) when the state is another than `held`.
    package let descriptor: Int32

    /// - Returns: `nil` where nobody holds the other end, or there is no such FIFO.
    package init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFIFO else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Takes what was said, one byte at a time.
    package borrowing func next() -> State {
        var byte: UInt8 = 0
        while true {
            switch read(descriptor, &byte, 1) {
            case 1: return .told(byte)
            case 0: return .ended
            default:
                if errno == EINTR { continue }
                return errno == EAGAIN ? .held : .ended
            }
        }
    }

    /// Waits until the other program has gone. Looks four times a second.
    /// - Returns: `false` when the task was cancelled before.
    package static func hasEnded(_ path: String) async -> Bool {
        while isHeld(path) {
            do { try await Task.sleep(for: .milliseconds(250)) } catch { return false }
        }
        return true
    }

    /// Whether the other program lives.
    package static func isHeld(_ path: String) -> Bool { Lifeline(path)?.next() == .held }

    /// Removes what is left when the other program has gone, as `sonde record` does itself otherwise: a program's own directory, and the directory of the FIFO once no
    /// other program has a directory in it any more.
    package static func clear(_ own: String, beside path: String) {
        remove(own, withDirectories: true)
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { remove(String(path[..<slash]), withDirectories: false) }
    }

    /// Links are removed, not followed.
    private static func remove(_ directory: String, withDirectories: Bool) {
        guard let opened = opendir(directory) else { return }
        defer { closedir(opened) }
        while let entry = readdir(opened) {
            // Read in place: the entry ends with its name, and a copy of the whole field would read beyond the entry.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name == "." || name == ".." { continue }
            let path = "\(directory)/\(name)"
            if unlink(path) != 0, errno == EISDIR, withDirectories { remove(path, withDirectories: true) }
        }
        // Another program's directory keeps it.
        rmdir(directory)
    }
}
