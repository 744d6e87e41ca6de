import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A pipe that wakes a thread which waits in poll(2): from signal handlers, which may do little else than write, and from other threads.
final class WakePipe: Sendable {
    /// Signals that change nothing but the screen.
    private static let signals = [SIGWINCH, SIGTSTP, SIGCONT]
    /// Where signal handlers write; they can hold on to nothing.
    private static let forSignals = Atomic<Int32>(-1)

    let reading: Int32
    private let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw CommandFailure(code: "internal", message: "No pipe can be made: \(String(cString: strerror(errno))).")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (reading, writing) = (ends[0], ends[1])
        Self.forSignals.store(writing, ordering: .releasing)
    }

    deinit {
        Self.forSignals.store(-1, ordering: .releasing)
        close(reading)
        close(writing)
    }

    /// Wakes the reader; a pipe that is full has done so already.
    func ring() { Self.write(0, to: writing) }

    /// The signals that came since the last time.
    func drain() -> Set<Int32> {
        var came: Set<Int32> = []
        var bytes = [UInt8](repeating: 0, count: 64)
        while true {
            let count = read(reading, &bytes, bytes.count)
            guard count > 0 else { break }
            came.formUnion(bytes.prefix(count).map { Int32($0) })
        }
        return came.subtracting([0])
    }

    /// Has the signals ring from now on.
    static func watchSignals() {
        for number in signals {
            signal(number) { number in
                let before = errno
                WakePipe.write(UInt8(truncatingIfNeeded: number), to: WakePipe.forSignals.load(ordering: .acquiring))
                errno = before
            }
        }
    }

    static func ignoreSignals() {
        for number in signals { signal(number, SIG_DFL) }
    }

    private static func write(_ byte: UInt8, to descriptor: Int32) {
        var byte = byte
        _ = writeByte(descriptor, &byte)
    }
}

private func writeByte(_ descriptor: Int32, _ byte: UnsafeRawPointer) -> Int { write(descriptor, byte, 1) }
