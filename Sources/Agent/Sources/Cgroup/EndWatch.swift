import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Waits for the ends of containers and units on a thread of its own, and reads each one's counters for the last time.
///
/// A container ends with its first process. Its engine hears of that by way of the process's parent, removes the cgroup some ten milliseconds later, and then says
/// so in an event: too late. A descriptor of the process (pidfd_open(2), Linux 5.3) tells at once; where pids are another namespace's, `cgroup.events` of version 2
/// does. Where there is neither, a container that has no row yet is only read from time to time (`CgroupEnd.step`).
final class EndWatch: Sendable {
    /// How one hears of an end.
    private enum Sign: Sendable {
        /// The descriptor is readable as soon as the process has ended.
        case process
        /// `cgroup.events` has changed. It says `populated 0` when no process is left. Source: Documentation/admin-guide/cgroup-v2.rst.
        case events
        case none
    }

    private struct Entry {
        /// -1 without one.
        var descriptor: Int32
        var sign: Sign
        weak var end: CgroupEnd?
    }

    private struct State {
        /// Those that the thread has not taken over yet.
        var new: [Entry] = []
        /// What wakes the thread; `nil` before there is one.
        var wake: Int32?
        var hasFailed = false
    }

    private let state = Mutex(State())

    /// Of containers without a row so many are read from time to time: a host that starts thousands at once has other work.
    private static let mostSteps = 100
    private static let stepsAtOnce = 4
    /// How long to wait behind a poll(2) that failed, in milliseconds.
    private static let pause: Int32 = 100

    /// Begins to watch one start of a container.
    ///
    /// - Parameters:
    ///   - pid: of its first process, in this agent's own pid namespace; `nil` where that isn't known.
    ///   - isFirst: whether that pid is still that process. Asked when the descriptor is open, so that the answer stays true.
    ///   - directory: its cgroup of version 2, if it has one.
    /// - Returns: `nil` when no thread could be made for it.
    func watch(_ files: CgroupFiles, pid: Int32?, isFirst: () -> Bool, directory: String?) -> CgroupEnd? {
        var entry = Entry(descriptor: -1, sign: .none)
        if let pid {
            entry.descriptor = Self.open(process: pid)
            entry.sign = entry.descriptor >= 0 ? .process : .none
            // It has ended: another process may have the pid, or none.
            if entry.descriptor >= 0, !isFirst() {
                close(entry.descriptor)
                (entry.descriptor, entry.sign) = (-1, .none)
            }
        }
        if entry.descriptor < 0, let directory {
            entry.descriptor = Self.open(events: "\(directory)/cgroup.events")
            entry.sign = entry.descriptor >= 0 ? .events : .none
        }
        if entry.descriptor >= OptionalFile.keptDescriptors {
            close(entry.descriptor)
            (entry.descriptor, entry.sign) = (-1, .none)
        }
        // The descriptor tells of its end: what is read before only counts should that reading come too late.
        let step = entry.descriptor >= 0 ? CgroupEnd.longStep : CgroupEnd.shortestStep
        let end = CgroupEnd(files, at: Clocks.monotonic(), step: step)
        entry.end = end
        let isWatched = state.withLock { state in
            guard let wake = startThread(&state) else { return false }
            state.new.append(entry)
            var byte: UInt8 = 0
            _ = write(wake, &byte, 1)
            return true
        }
        if isWatched { return end }
        if entry.descriptor >= 0 { close(entry.descriptor) }
        return nil
    }

    private func startThread(_ state: inout State) -> Int32? {
        if state.wake != nil || state.hasFailed { return state.wake }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            state.hasFailed = true
            return nil
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let reading = ends[0]
        guard PlainThread.start(name: "sonde-ends", { [self] in serve(reading) }) else {
            for end in ends { close(end) }
            state.hasFailed = true
            return nil
        }
        state.wake = ends[1]
        return ends[1]
    }

    /// Never returns: an agent has one watch for as long as it runs.
    private func serve(_ wake: Int32) {
        // On a busy host the cgroup would often be gone before this thread had its turn.
        PlainThread.hurry()
        var entries: [Entry] = []
        var polled: [pollfd] = []
        /// Of which entry each of `polled` behind the first is.
        var places: [Int] = []
        var buffer = ReadBuffer()
        while true {
            entries += state.withLock { state in
                defer { state.new.removeAll() }
                return state.new
            }
            let next = sweep(&entries, &buffer)
            polled.removeAll(keepingCapacity: true)
            polled.append(pollfd(fd: wake, events: Int16(POLLIN), revents: 0))
            places.removeAll(keepingCapacity: true)
            // poll(2) would pass over those without a descriptor, but counts them against the limit of open files.
            for (place, entry) in entries.enumerated() where entry.descriptor >= 0 {
                places.append(place)
                polled.append(pollfd(fd: entry.descriptor, events: Int16(entry.sign == .events ? POLLPRI : POLLIN), revents: 0))
            }
            let now = Clocks.monotonic()
            let wait = next.map { $0 > now ? Int32(clamping: ($0 - now) / 1_000_000 + 1) : 0 } ?? -1
            let ready = poll(&polled, nfds_t(polled.count), wait)
            if ready < 0, errno != EINTR {
                // Out of memory, or a limit that was lowered: at this thread's priority a loop would take a whole core.
                poll(nil, 0, Self.pause)
            }
            guard ready > 0 else { continue }
            for (index, place) in places.enumerated() where polled[index + 1].revents != 0 { take(&entries[place], &buffer) }
            if polled[0].revents != 0 { Self.drain(wake) }
        }
    }

    /// Something has happened to one: reads it if that was its end.
    private func take(_ entry: inout Entry, _ buffer: inout ReadBuffer) {
        if entry.sign == .events, let isPopulated = Self.isPopulated(entry.descriptor), isPopulated { return }
        entry.end?.finish(&buffer)
        close(entry.descriptor)
        (entry.descriptor, entry.sign) = (-1, .none)
    }

    /// Makes readings that are due, a few at a time so that an end doesn't wait for them, and drops those that nobody waits for any more.
    ///
    /// - Returns: when the next reading is due, in monotonic nanoseconds.
    private func sweep(_ entries: inout [Entry], _ buffer: inout ReadBuffer) -> UInt64? {
        let now = Clocks.monotonic()
        var next: UInt64?
        var (waiting, read) = (0, 0)
        entries.removeAll { entry in
            guard let end = entry.end else {
                if entry.descriptor >= 0 { close(entry.descriptor) }
                return true
            }
            // Without a sign its end isn't seen here, and its rows are read at the ticks.
            guard let due = end.next else { return entry.descriptor < 0 }
            waiting += 1
            guard waiting <= Self.mostSteps else { return false }
            if due <= now, read < Self.stepsAtOnce {
                read += 1
                end.step(at: now, &buffer)
            }
            if let due = end.next { next = min(next ?? due, due) }
            return false
        }
        return next
    }

    /// Reads it once, from which on the kernel tells of changes.
    private static func open(events file: String) -> Int32 {
        let descriptor = openFile(file, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { _ = isPopulated(descriptor) }
        return descriptor
    }

    /// A number that all of Linux's architectures share, as for every system call since 5.1.
    private static func open(process: Int32) -> Int32 { Int32(truncatingIfNeeded: systemCall(434, Int(process), 0)) }

    /// - Returns: `nil` when the cgroup has been removed. Reading also has the kernel tell of the next change.
    private static func isPopulated(_ descriptor: Int32) -> Bool? {
        var text = [UInt8](repeating: 0, count: 256)
        let count = text.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").contains("populated 1")
    }

    private static func drain(_ wake: Int32) {
        var bytes = [UInt8](repeating: 0, count: 256)
        while bytes.withUnsafeMutableBytes({ read(wake, $0.baseAddress, $0.count) }) > 0 {}
    }
}

/// open(2), which the type's own functions of that name hide.
private func openFile(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }

/// syscall(2). glibc has pidfd_open(2) since 2.36 only, and musl not at all. Swift doesn't import functions with variable arguments; on the architectures that it
/// knows, three integers are passed to those as to any other.
@_silgen_name("syscall") private func systemCall(_ number: Int, _ one: Int, _ two: Int) -> Int
