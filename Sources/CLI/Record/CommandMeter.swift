import StatsCore
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Measures the recorded command and everything that it starts, and sees to it that nothing of it is left.
final class CommandMeter: Sendable {
    private struct State: ~Copyable {
        var forks: ForkCounter?
        var count: UInt64?
        /// When the command was started.
        var monotonic: UInt64
        var wall: Int64
    }

    private let words: [String]
    private let keepsArguments: Bool
    private let cgroup: CommandCgroup?
    private let descendants = Descendants()
    private let before: Usage
    private let state: Mutex<State>
    /// Of the command itself, for which another task waits; 0 before it is started.
    private let pid = Atomic<Int32>(0)

    /// PR_SET_CHILD_SUBREAPER.
    private static let setSubreaper: Int32 = 36
    /// In bytes of JSON: what the collector takes has room for them.
    private static let mostArguments = 48 * 1024
    /// The grain of a process's start, in microseconds.
    private static let startGrain: UInt64 = 10_000

    /// To be made just before the command is started.
    init(_ words: [String], keepsArguments: Bool, cgroup: CommandCgroup?) {
        self.words = words
        self.keepsArguments = keepsArguments
        self.cgroup = cgroup
        // From now on whoever loses its parent below this process becomes its child, so that none gets out of sight. Source: PR_SET_CHILD_SUBREAPER(2const).
        _ = processControl(Self.setSubreaper, 1, 0, 0, 0)
        before = Usage()
        state = Mutex(State(forks: ForkCounter(), count: nil, monotonic: Clocks.monotonic(), wall: Clocks.wall()))
    }

    /// The command is started now.
    func begin() {
        state.withLock { state in
            (state.monotonic, state.wall) = (Clocks.monotonic(), Clocks.wall())
        }
    }

    private var began: (monotonic: UInt64, wall: Int64) { state.withLock { ($0.monotonic, $0.wall) } }

    /// What is known while it runs.
    var command: RecordedCommand {
        RecordedCommand(
            program: words[0], arguments: keepsArguments ? kept : nil, began: Timestamp.string(began.wall / 1000),
            measure: cgroup == nil ? .processes : .cgroup)
    }

    private var kept: [String] {
        var room = Self.mostArguments
        var kept = Array(
            words.dropFirst().prefix {
                room -= EncodedText($0).json.count + 1
                return room > 0
            })
        if kept.count < words.count - 1 { kept.append("… \(words.count - 1 - kept.count) more") }
        return kept
    }

    /// Takes what the kernel has told of forks, and takes in orphans that have ended, again and again until the task is cancelled.
    func follow() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    func note(started pid: Int32) { self.pid.store(pid, ordering: .relaxed) }

    private func look() {
        state.withLock { $0.count = $0.forks?.count() ?? nil }
        reapOrphans()
    }

    /// When the command has ended: ends what it has left running, and says what all of it used.
    func finish(_ end: CommandEnd) async -> RecordedCommand {
        let elapsed = Clocks.monotonic() &- began.monotonic
        let left = await endAll()
        look()
        var command = command
        command.elapsedUs = elapsed / 1000
        switch end {
        case .exited(let status): command.exitStatus = status
        case .signaled(let signal): command.signal = signal
        case .failed: command.exitStatus = end.status
        }
        if left > 0 { command.leftRunning = UInt64(left) }
        command.processes = state.withLock { $0.count }
        before.describe(&command)
        if let use = cgroup?.read(), let cpu = use.cpu, cpu > 0 {
            command.cpuUs = cpu
            // Version 1 counts user and system time in clock ticks.
            if cgroup?.isUnified ?? false { (command.cpuUserUs, command.cpuSystemUs) = (use.cpuUser, use.cpuSystem) }
            command.memoryPeakBytes = use.memoryPeak
            (command.ioReadBytes, command.ioWriteBytes) = (use.ioReadBytes ?? command.ioReadBytes, use.ioWriteBytes ?? command.ioWriteBytes)
        } else {
            command.measure = .processes
        }
        return command
    }

    // MARK: What it leaves

    private var since: UInt64 { began.monotonic / 1000 &- Self.startGrain }

    private func running() -> Set<Int32> {
        var found = Set(cgroup?.processes ?? [])
        var buffer = ReadBuffer()
        descendants.forEach(below: getpid(), since: since, &buffer) { pid, facts in
            if facts.state != UInt8(ascii: "Z") { found.insert(pid) }
        }
        return found.subtracting([getpid()])
    }

    /// Asks what still runs to end, and kills what doesn't within two seconds.
    /// - Returns: how many there were.
    private func endAll() async -> Int {
        let left = running()
        guard !left.isEmpty else { return 0 }
        for pid in left { kill(pid, SIGTERM) }
        for round in 0..<150 {
            reapOrphans()
            let still = running()
            if still.isEmpty { break }
            // A second signal to `sonde` cancels this task: then nobody waits.
            if round >= 100 || Task.isCancelled {
                cgroup?.killAll()
                for pid in still { kill(pid, SIGKILL) }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return left.count - left.intersection(running()).count
    }

    /// Takes in children that have ended and that nobody else waits for. Then their CPU time counts as this process's children's.
    private func reapOrphans() {
        let command = pid.load(ordering: .relaxed)
        guard command != 0 else { return }
        var buffer = ReadBuffer()
        for pid in descendants.children(of: getpid(), &buffer) {
            guard let facts = descendants.stat(pid, &buffer), facts.state == UInt8(ascii: "Z"), facts.start.map({ $0 >= since }) ?? false,
                pid != command
            else { continue }
            var status: Int32 = 0
            _ = waitpid(pid, &status, WNOHANG)
        }
    }

    /// What this process's children that were waited for have used.
    private struct Usage {
        private let children = Self.now(RUSAGE_CHILDREN)

        func describe(_ command: inout RecordedCommand) {
            let now = Self.now(RUSAGE_CHILDREN)
            command.cpuUserUs = Self.time(now.ru_utime) &- Self.time(children.ru_utime)
            command.cpuSystemUs = Self.time(now.ru_stime) &- Self.time(children.ru_stime)
            command.cpuUs = (command.cpuUserUs ?? 0) &+ (command.cpuSystemUs ?? 0)
            func grown(_ path: KeyPath<rusage, Int>) -> UInt64 { UInt64(max(0, now[keyPath: path] - children[keyPath: path])) }
            (command.minorFaults, command.majorFaults) = (grown(\.ru_minflt), grown(\.ru_majflt))
            (command.voluntarySwitches, command.involuntarySwitches) = (grown(\.ru_nvcsw), grown(\.ru_nivcsw))
            // In blocks of 512 bytes.
            (command.ioReadBytes, command.ioWriteBytes) = (grown(\.ru_inblock) &* 512, grown(\.ru_oublock) &* 512)
            // A child has this process's own size before it becomes the command, so that less can't be told. In KiB.
            if now.ru_maxrss > Self.now(RUSAGE_SELF).ru_maxrss { command.maxRSSBytes = UInt64(now.ru_maxrss) &* 1024 }
        }

        #if canImport(Glibc)
            private static func now(_ who: __rusage_who) -> rusage {
                var use = rusage()
                getrusage(who.rawValue, &use)
                return use
            }
        #elseif canImport(Musl)
            private static func now(_ who: Int32) -> rusage {
                var use = rusage()
                getrusage(who, &use)
                return use
            }
        #endif

        private static func time(_ time: timeval) -> UInt64 { UInt64(time.tv_sec) &* 1_000_000 &+ UInt64(time.tv_usec) }
    }
}

/// prctl(2), which Swift doesn't import: it has variable arguments, and on the architectures that Swift knows integers are passed to those as to any other.
@_silgen_name("prctl") private func processControl(_ option: Int32, _ two: UInt, _ three: UInt, _ four: UInt, _ five: UInt) -> Int32
