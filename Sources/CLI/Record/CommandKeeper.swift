import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The process between `sonde record` and its command: `sonde` started once more. It starts the command in its cgroup, takes in what loses its parent, ends what the command
/// leaves running (unless that is to go on), and measures all that by wait4(2), as time(1) does, without what `sonde` itself uses.
///
/// It goes on when `sonde` is killed, and then kills all of the command and removes its cgroup. Nobody else could: without a cgroup the command's processes would be
/// strewn among init's.
struct CommandKeeper: ~Copyable {
    /// What `sonde` tells by the lifeline.
    enum Word {
        /// Start the command.
        static let start = UInt8(ascii: "s")
        /// Ask the command to end.
        static let end = UInt8(ascii: "e")
    }

    private let order: CommandOrder
    private let lifeline: Lifeline
    /// Tells of children that have ended.
    private let ends: Int32
    private var command: Int32 = 0
    private var began: UInt64 = 0
    private var ended: (status: Int32, at: UInt64)?
    /// When the command is killed that was asked to end.
    private var patience: UInt64?
    private var isAbandoned = false

    /// In nanoseconds.
    private static let politeness: UInt64 = 10_000_000_000
    /// What the command leaves is killed when it didn't end for so long, and given up after that, in nanoseconds.
    private static let leftoverPatience: UInt64 = 2_000_000_000
    private static let killingPatience: UInt64 = 5_000_000_000

    /// Does all of that and ends this process, if these are its arguments; else returns. To be called before anything else is done: fork(2) is for processes with one thread.
    static func takeOver(_ arguments: [String]) {
        guard let order = CommandOrder(arguments) else { return }
        guard var keeper = CommandKeeper(order) else {
            order.cgroup?.remove()
            _exit(1)
        }
        keeper.run()
        _exit(0)
    }

    /// - Returns: `nil` where `sonde` has gone already.
    private init?(_ order: CommandOrder) {
        // As ps(1) and top(1) show it.
        _ = ControlFile.write("sonde-command", to: "/proc/self/comm")
        guard let lifeline = Lifeline(order.lifeline) else { return nil }
        self.order = order
        self.lifeline = lifeline
        signal(SIGCHLD, SIG_DFL)
        var mask = sigset_t()
        sigemptyset(&mask)
        // A terminal sends these to the command, too, and the rest is for it alone.
        for number in [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] { sigaddset(&mask, number) }
        sigprocmask(SIG_BLOCK, &mask, nil)
        sigemptyset(&mask)
        sigaddset(&mask, SIGCHLD)
        ends = signalDescriptor(-1, &mask, O_CLOEXEC | O_NONBLOCK)
        CommandProcesses.takeInOrphans()
    }

    private mutating func run() {
        // poll(2) says nothing of a FIFO that nobody held any more when it was opened: `sonde` may have been killed since it started this.
        listen()
        while command == 0, !isAbandoned {
            // Ended before the command was to begin.
            if patience != nil { return }
            wait(for: nil)
        }
        while ended == nil, !isAbandoned {
            wait(for: patience)
            if let patience, Clocks.monotonic() >= patience { kill(command, SIGKILL) }
        }
        let processes = CommandProcesses(root: getpid(), cgroup: order.cgroup)
        let goesOn = order.leavesRunning && !isAbandoned
        // A lock of the output's file says that the command is at work; what it leaves isn't, also when `sonde` is killed before it can say so.
        if goesOn { _ = flock(STDOUT_FILENO, LOCK_UN) }
        let left = goesOn ? 0 : end(processes)
        if isAbandoned {
            order.cgroup?.remove()
            // The directory that it is in, where nobody else does that.
            Lifeline.clear(order.report, beside: order.lifeline)
        } else {
            report(left)
        }
    }

    /// Waits until something happens, or until an instant (monotonic nanoseconds), and takes note of it.
    private mutating func wait(for instant: UInt64?) {
        let now = Clocks.monotonic()
        let limit = instant.map { $0 > now ? Int32(clamping: ($0 - now) / 1_000_000 + 1) : 0 } ?? -1
        var waiting = [
            pollfd(fd: isAbandoned ? -1 : lifeline.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ends, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, 2, limit)
        if waiting[0].revents != 0 { listen() }
        if waiting[1].revents != 0 { reap() }
    }

    private mutating func listen() {
        while !isAbandoned {
            switch lifeline.next() {
            case .held: return
            case .ended: isAbandoned = true
            case .told(Word.start) where command == 0: start()
            case .told:
                if command > 0, ended == nil { kill(command, SIGTERM) }
                patience = patience ?? Clocks.monotonic() &+ Self.politeness
            }
        }
    }

    private mutating func start() {
        // Everything is made ready before, so that the child only makes system calls.
        let words = order.words.map { strdup($0) } + [nil]
        let entrances = order.cgroup?.entrances ?? []
        var none = sigset_t()
        sigemptyset(&none)
        began = Clocks.monotonic()
        let child = fork()
        if child == 0 {
            sigprocmask(SIG_SETMASK, &none, nil)
            becomeCommand(words, entrances)
        }
        command = child
        let failure = errno
        // The command is in the process group of `sonde`, so that a terminal's signals reach it. This process is from now on in a session of its own, so that it is left
        // when somebody kills that group. A group of its own in the same session wouldn't do: at the command's end the kernel would take the command's group for one that
        // has just lost its shell, and tell all of it to hang up if anything in it is stopped (setpgid(2)).
        setsid()
        guard child < 0 else { return }
        say("sonde: the command can't be started: \(String(cString: strerror(failure)))\n")
        ended = (126 << 8, began)
    }

    /// In the child.
    private func becomeCommand(_ words: [UnsafeMutablePointer<CChar>?], _ entrances: [String]) -> Never {
        // 0 is the process that writes it.
        for entrance in entrances where !ControlFile.write("0", to: entrance) {
            say("sonde: the command can't enter its cgroup, so its unit lacks it: \(entrance): \(String(cString: strerror(errno)))\n")
        }
        execv(order.executable, words)
        let reason = errno
        say("sonde: \(order.words[0]) can't be run: \(String(cString: strerror(reason)))\n")
        _exit(reason == ENOENT ? 127 : 126)
    }

    /// Takes in children that have ended: their CPU time then counts as this process's children's.
    private mutating func reap() {
        // Which signal it was is known; several that are alike are told once.
        var told = [UInt8](repeating: 0, count: 128)
        while read(ends, &told, told.count) > 0 {}
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            if pid == command { ended = (status, Clocks.monotonic()) }
        }
    }

    /// Asks what still runs to end, and kills what doesn't; at once when `sonde` has gone or doesn't want to wait.
    /// - Returns: how many there were, and have ended.
    private mutating func end(_ processes: CommandProcesses) -> Int {
        let left = processes.signal(isAbandoned ? SIGKILL : SIGTERM)
        let began = Clocks.monotonic()
        while true {
            reap()
            let still = processes.running
            let waited = Clocks.monotonic() &- began
            if still.isEmpty || waited > Self.leftoverPatience &+ Self.killingPatience { return left.subtracting(still).count }
            if isAbandoned || waited > Self.leftoverPatience { processes.signal(SIGKILL) }
            wait(for: Clocks.monotonic() &+ 20_000_000)
        }
    }

    private func report(_ left: Int) {
        guard let ended else { return }
        var told = RecordedCommand(program: order.words[0], arguments: nil, began: "", measure: .processes)
        told.elapsedUs = (ended.at &- began) / 1000
        let signal = ended.status & 0x7f
        if signal == 0 { told.exitStatus = ended.status >> 8 & 0xff } else { told.signal = signal }
        if left > 0 { told.leftRunning = UInt64(left) }
        ChildrenUsage.now.describe(&told)
        guard let bytes = try? JSONCoding.encode(told) else { return }
        let descriptor = open(order.report, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = WholeWrite.all(bytes.span.bytes, to: descriptor)
    }
}

private func say(_ text: String) { _ = WholeWrite.all(text.utf8.span.bytes, to: 2) }

/// signalfd(2), whose header Swift doesn't import. SFD_CLOEXEC and SFD_NONBLOCK are those of open(2).
@_silgen_name("signalfd")
private func signalDescriptor(_ descriptor: Int32, _ mask: UnsafePointer<sigset_t>, _ flags: Int32) -> Int32
