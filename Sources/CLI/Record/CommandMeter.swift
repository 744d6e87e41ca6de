import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Says what the recorded command is, and what it and everything that it started used.
final class CommandMeter: Sendable {
    private struct Forks: ~Copyable {
        var counter: ForkCounter?
        var count: UInt64?
    }

    private let words: [String]
    private let keepsArguments: Bool
    private let cgroup: CommandCgroup?
    private let forks: Mutex<Forks>
    /// When the command was started, in nanoseconds and microseconds.
    private let began = (monotonic: Clocks.monotonic(), wall: Clocks.wall() / 1000)

    /// In bytes of JSON: what the collector takes has room for them.
    private static let mostArguments = 48 * 1024
    /// The grain of a process's start, in microseconds.
    private static let startGrain: UInt64 = 10_000

    /// To be made just before the command is started.
    /// - Parameter keeper: the process below which it will be.
    init(_ words: [String], keepsArguments: Bool, cgroup: CommandCgroup?, keeper: Int32) {
        self.words = words
        self.keepsArguments = keepsArguments
        self.cgroup = cgroup
        forks = Mutex(Forks(counter: ForkCounter(of: keeper), count: nil))
    }

    /// What is known while it runs.
    var command: RecordedCommand {
        RecordedCommand(
            program: words[0], arguments: keepsArguments ? kept : nil, began: Timestamp.string(began.wall),
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

    /// Takes what the kernel has told of forks, again and again until the task is cancelled.
    func follow() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func look() { forks.withLock { $0.count = $0.counter?.count() ?? nil } }

    /// When the command has ended.
    /// - Parameters:
    ///   - told: what its keeper says; `nil` when that was killed.
    ///   - signal: what killed that.
    func finish(_ told: RecordedCommand?, signal: Int32?) -> RecordedCommand {
        look()
        var command = told ?? lost(signal)
        let known = self.command
        (command.program, command.arguments, command.began, command.measure) = (known.program, known.arguments, known.began, known.measure)
        command.processes = forks.withLock { $0.count }
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

    /// Somebody has killed the keeper: what it had taken in is this process's now, and is ended here.
    private func lost(_ signal: Int32?) -> RecordedCommand {
        let processes = CommandProcesses(root: getpid(), since: began.monotonic / 1000 &- Self.startGrain, cgroup: cgroup?.traces)
        for _ in 0..<100 {
            if processes.signal(SIGKILL).isEmpty { break }
            usleep(10_000)
        }
        var command = command
        command.elapsedUs = (Clocks.monotonic() &- began.monotonic) / 1000
        if let signal { command.signal = signal } else { command.exitStatus = 126 }
        return command
    }
}
