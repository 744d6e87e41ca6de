/// What the kernel counted of a thread, or of a group of threads, that has ended: `struct taskstats`.
///
/// Later versions only append, but for version 15 (Linux 6.14), which has fields in between. Older than 12 (Linux 6.0) it doesn't say whose thread it was, nor whether
/// that was the last one. Source: include/uapi/linux/taskstats.h, Documentation/accounting/taskstats-struct.rst, kernel/tsacct.c.
package struct TaskStats: Sendable, Equatable {
    package var pid: UInt32 = 0
    /// Pid of its process.
    package var tgid: UInt32 = 0
    package var ppid: UInt32 = 0
    /// The real user, not the effective one.
    package var uid: UInt32 = 0
    /// As wait(2) tells it; 0 for all threads but a process's first.
    package var waitStatus: UInt32 = 0
    package var flags: UInt8 = 0
    /// Padded with zeros.
    package var comm = SIMD16<UInt8>()
    /// Since its process began, in microseconds without suspends.
    package var age: UInt64 = 0
    /// Time on a core by the scheduler's account, in nanoseconds; 0 where the kernel doesn't account it.
    package var onCore: UInt64 = 0
    /// Microseconds by the timer's beat.
    package var user: UInt64 = 0
    package var system: UInt64 = 0
    package var minorFaults: UInt64 = 0
    package var majorFaults: UInt64 = 0
    /// Nanoseconds.
    package var blockDelay: UInt64 = 0
    /// The most resident memory of the process so far, in bytes.
    package var peakResident: UInt64 = 0
    /// Each in whole KiB, and so are both counts of calls in whole 1024s.
    package var readChars: UInt64 = 0
    package var writeChars: UInt64 = 0
    package var readCalls: UInt64 = 0
    package var writeCalls: UInt64 = 0
    package var readBytes: UInt64 = 0
    package var writeBytes: UInt64 = 0
    package var cancelledWriteBytes: UInt64 = 0
    package var voluntarySwitches: UInt64 = 0
    package var involuntarySwitches: UInt64 = 0

    /// Up to the end of version 12 without the program's file.
    private static let length = 384
    private static let (oldest, misplaced): (UInt16, UInt16) = (12, 15)

    package init() {}

    /// - Returns: `nil` for a version that lacks what has to be known.
    package init?(parsing bytes: RawSpan) {
        guard bytes.byteCount >= Self.length else { return nil }
        func half(_ offset: Int) -> UInt16 { bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self) }
        func word(_ offset: Int) -> UInt32 { bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self) }
        func long(_ offset: Int) -> UInt64 { bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        let version = half(0)
        guard version >= Self.oldest, version != Self.misplaced else { return nil }
        (waitStatus, flags) = (word(4), bytes.unsafeLoad(fromByteOffset: 8, as: UInt8.self))
        (blockDelay, onCore) = (long(40), long(72))
        comm = bytes.unsafeLoadUnaligned(fromByteOffset: 80, as: SIMD16<UInt8>.self)
        (uid, pid, ppid) = (word(120), word(128), word(132))
        (user, system, minorFaults, majorFaults) = (long(152), long(160), long(168), long(176))
        peakResident = KernelUnits.bytes(kilobytes: long(200)) ?? 0
        (readChars, writeChars, readCalls, writeCalls) = (long(216), long(224), long(232), long(240))
        (readBytes, writeBytes, cancelledWriteBytes) = (long(248), long(256), long(264))
        (voluntarySwitches, involuntarySwitches) = (long(272), long(280))
        (tgid, age) = (word(368), long(376))
    }

    /// Whether it was its process's last thread (AGROUP of include/uapi/linux/acct.h).
    package var isLast: Bool { flags & 0x20 != 0 }
    /// Whether its process ran no program of its own (AFORK), as a kernel thread and a subshell.
    package var isForked: Bool { flags & 0x01 != 0 }
    package var isFirstThread: Bool { pid == tgid }

    /// Its name as JSON text.
    package var name: EncodedText {
        var bytes: [UInt8] = []
        for index in comm.indices {
            if comm[index] == 0 { break }
            bytes.append(comm[index])
        }
        return EncodedText(utf8: bytes.span.bytes)
    }
}

/// How a process ended. Source: wait(2), `WIFEXITED` and its like.
package struct ExitStatus: Sendable, Equatable {
    /// What it gave exit(3); `nil` for one that a signal killed.
    package var code: UInt64?
    /// The signal that killed it.
    package var signal: UInt64?

    package init(waitStatus: UInt32) {
        let killer = waitStatus & 0x7f
        if killer == 0 { code = UInt64(waitStatus >> 8 & 0xff) } else { signal = UInt64(killer) }
    }
}
