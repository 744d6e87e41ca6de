import StatsCore
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The end of a FIFO that this process keeps open, by which others know that it lives (`Lifeline`). The kernel closes it when the process ends, however it ends.
final class LifelineHold: Sendable {
    let path: String
    private let descriptor: Mutex<Int32>

    /// Makes the FIFO.
    /// - Throws: `CommandFailure` where there can be none.
    init(making path: FilePath) throws {
        self.path = path.string
        var made = mkfifo(path.string, 0o600)
        // For both ends: a FIFO that is opened for writing alone waits for a reader.
        if made == 0 { made = open(path.string, O_RDWR | O_NONBLOCK | O_CLOEXEC) }
        guard made >= 0 else {
            throw CommandFailure(
                code: "unwritable",
                message: "No FIFO can be made as \(path): \(Errno(rawValue: errno)). Have TMPDIR name a directory where that can be.")
        }
        descriptor = Mutex(made)
    }

    deinit { letGo() }

    func tell(_ byte: UInt8) {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            _ = WholeWrite.all([byte].span.bytes, to: descriptor)
        }
    }

    /// The others shall believe that this process has gone.
    func letGo() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}
