import StatsCore

/// Reads one process again and again through its files in `/proc`. They stay open, so they can't become another process's.
///
/// Of a process that hasn't run since its last reading only that is read which changes all the same (`ProcessActivity`).
final class ProcessReader {
    /// The last reading. The names of its container, unit and user are written into it only when they change.
    private(set) var reading = ProcessReading()
    /// The round in which the process was last listed.
    var round: UInt64 = 0
    /// Whether its cgroup is known for good.
    var isSettled = false
    /// Whether its event has been written.
    var isAnnounced = false
    /// Whether somebody wants its rows; `nil` until its command line is known.
    var isWanted: Bool?
    /// The question for its command line, and when it was asked, monotonic nanoseconds.
    var commandLine: (ticket: BlockingFiles.Ticket, asked: UInt64)?
    /// What the kernel told of its end: it is a zombie, or about to be gone.
    var exit: ProcessExit? {
        didSet {
            if let exit { reading.note(exit) }
            (isSame, row) = (false, nil)
        }
    }
    /// Whether it moves its children into cgroups of their own, as a service manager does.
    var movesChildren = false
    /// When it was read last: monotonic nanoseconds, and those of the clock that stops in a suspend.
    private var readAt: (monotonic: UInt64, awake: UInt64) = (0, 0)

    let directory: String
    private let files: BlockingFiles
    private let users: UserNames
    /// The question for `io` that isn't answered yet, and whether that was counted as an error.
    private var question: (ticket: BlockingFiles.Ticket, isCounted: Bool)?
    /// The question for `smaps_rollup` that isn't answered yet.
    private var smapsQuestion: BlockingFiles.Ticket?
    /// When its open files were listed, monotonic nanoseconds.
    private var listedAt: UInt64?
    private let openFiles: String
    private var activity: ProcessActivity
    private var statm: OptionalFile
    /// The other files, as long as they are needed.
    private var others: OtherFiles?
    /// For how many readings it hasn't run.
    private var restingFor = 0
    private var rate = CPURate()
    /// Whether the last reading says the same as the one before, and its row as it was written then.
    private var isSame = false
    private var row: [UInt8]?

    private struct OtherFiles: ~Copyable {
        var stat: OptionalFile
        var status: OptionalFile
        var io: OptionalFile

        init(_ directory: String, _ tally: inout ReadTally) {
            stat = OptionalFile(directory, "stat", &tally)
            status = OptionalFile(directory, "status", &tally)
            io = OptionalFile(directory, "io", &tally)
        }
    }

    /// Of one that hasn't run for so many readings `stat`, `status` and `io` are closed: each open file takes a kilobyte of the kernel's memory.
    private static let keptReadings = 30

    /// - Parameter directory: `/proc/<pid>`.
    init(_ directory: String, _ files: BlockingFiles, _ users: UserNames, _ tally: inout ReadTally) {
        self.directory = directory
        self.files = files
        self.users = users
        openFiles = "\(directory)/fd"
        activity = ProcessActivity(directory)
        statm = OptionalFile(directory, "statm", &tally)
    }

    deinit {
        if let commandLine { files.forget(commandLine.ticket) }
        if let question { files.forget(question.ticket) }
        if let smapsQuestion { files.slow?.forget(smapsQuestion) }
    }

    func name(containerID: EncodedText?, container: EncodedText?) {
        if reading.containerID == containerID, reading.container == container { return }
        (reading.containerID, reading.container) = (containerID, container)
        isSame = false
    }

    func name(unit: EncodedText?) {
        if reading.unit == unit { return }
        reading.unit = unit
        isSame = false
    }

    /// The result of reading a process.
    enum Outcome {
        case read
        /// It has ended, which is no error.
        case ended
        /// Another process has the pid now. This can only happen where the files aren't kept open.
        case replaced
    }

    /// What may have changed of a process that hasn't run.
    struct Doubt: OptionSet {
        let rawValue: Int
        /// Its state, as it waits for a core, or its parent, which has ended.
        static let state = Doubt(rawValue: 1)
        /// Its memory, which the kernel takes back.
        static let memory = Doubt(rawValue: 2)
        static let all: Doubt = [.state, .memory]
    }

    /// Reads into `reading` what may have changed.
    func read(hostMemory: UInt64?, doubting doubt: Doubt = .all, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Outcome {
        var own = ReadTally()
        defer {
            // The end of a process says nothing about its container.
            own.isGone = false
            tally.add(own)
        }
        // First of all: what happens behind it is seen at the next reading.
        // Of one that runs just now the kernel brings the time up to date only now and then.
        let ran = activity.hasRun(threads: reading.stat.threads, &buffer)
        let hasRun = ran || question != nil || reading.stat.state == UInt8(ascii: "R")
        let now = Clocks.monotonic()
        let before = (memory: reading.statm, percent: reading.cpuPercent)
        isSame = !hasRun
        if hasRun || doubt.contains(.state) {
            switch readStat(&buffer, &own) {
            case .read: break
            case let other: return other
            }
        }
        reading.cpuPercent =
            if let user = reading.stat.cpuUser, let system = reading.stat.cpuSystem {
                rate.next(CPURate.Sample(cpu: user &+ system, instant: now))
            } else {
                nil
            }
        if hasRun || doubt.contains(.memory) {
            reading.statm = statm.read(into: &buffer, &own) ? PidStatm(parsing: buffer.bytes) : PidStatm()
            if own.isGone { return .ended }
        }
        let hasChanged = reading.statm != before.memory || hasRun
        if hasChanged {
            isSame = false
            readMemory(hostMemory, &buffer, &own)
        }
        if hasRun {
            readIO(&buffer, &own)
            countOpenFiles(at: now)
        }
        if let slow = files.slow { readSmaps(slow, isDue: hasChanged) }
        if let exit { reading.note(exit) }
        // The process ended between two files: an incomplete row isn't written.
        if own.isGone { return .ended }
        isSame = isSame && reading.cpuPercent == before.percent
        restingFor = hasRun ? 0 : restingFor + 1
        readAt = (now, Clocks.awake())
        if !isLively, !doubt.contains(.state) { others = nil }
        return .read
    }

    /// Appends its row.
    func writeRow(to rows: inout TickRows) {
        if isSame, let row {
            rows.append(process: row.span.bytes, ProcessUse(reading))
        } else {
            rows.append(reading)
            row = isSame ? rows.copyOfLastProcess() : nil
        }
    }

    /// What is known of it when it isn't listed any more.
    var past: ProcessPast {
        ProcessPast(
            reading: reading, readAt: readAt.monotonic, aliveAt: readAt.awake, isWanted: isWanted, movesChildren: movesChildren,
            exit: exit)
    }

    private func readStat(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Outcome {
        if others == nil { others = OtherFiles(directory, &tally) }
        guard others?.stat.read(into: &buffer, &tally) == true else { return .ended }
        let fresh = PidStat(parsing: buffer.bytes)
        guard fresh.pid != nil else { return .ended }
        if let start = reading.stat.start, start != fresh.start { return .replaced }
        isSame = isSame && fresh == reading.stat
        reading.stat = fresh
        updateNames(buffer.bytes)
        return .read
    }

    /// What depends on `statm`, and `status`.
    private func readMemory(_ hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        reading.memoryPercent = nil
        if let resident = reading.statm.resident, let hostMemory, hostMemory > 0 {
            reading.memoryPercent = Double(resident) / Double(hostMemory) * 100
        }
        if others == nil { others = OtherFiles(directory, &tally) }
        reading.status = others?.status.read(into: &buffer, &tally) == true ? PidStatus(parsing: buffer.bytes) : PidStatus()
        reading.user = reading.status.uid.flatMap { users.name(of: $0) }
    }

    private func readIO(_ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if reading.stat.state == UInt8(ascii: "D") {
            reading.io = readIOAside(&tally)
        } else {
            if let question { files.forget(question.ticket) }
            question = nil
            reading.io = others?.io.read(into: &buffer, &tally) == true ? PidIO(parsing: buffer.bytes) : PidIO()
        }
    }

    /// Reads `io` of a process that waits in the kernel: if it waits there in an exec, so does whoever reads this file.
    ///
    /// Only of one in state D. One whose exec waits for a FUSE file system's server may be in state S, as all that are idle: nothing that can be read without
    /// waiting tells it from those, and to read `io` of each aside would cost a change of threads for each process at each tick.
    private func readIOAside(_ tally: inout ReadTally) -> PidIO {
        if others?.io.isAbsent == true { return PidIO() }
        if let question {
            // It was stuck. Its answer is of an earlier tick, and says only that it isn't stuck any more.
            guard files.take(question.ticket) != nil else {
                if !question.isCounted { tally.errors += 1 }
                self.question?.isCounted = true
                return PidIO()
            }
        }
        let ticket = files.ask("\(directory)/io")
        question = (ticket, isCounted: false)
        files.wait(until: Clocks.monotonic() + min(Self.longestWait, files.longestWait))
        guard let answer = files.take(ticket) else { return PidIO() }
        question = nil
        if case .content(let bytes) = answer { return PidIO(parsing: bytes.span.bytes) }
        return PidIO()
    }

    /// Nanoseconds. The reading takes some microseconds.
    private static let longestWait: UInt64 = 100_000_000

    /// Where they have to be listed, that is done every ten seconds at most.
    private func countOpenFiles(at now: UInt64) {
        if PidFd.sizeTells {
            reading.openFiles = PidFd.size(openFiles)
        } else if listedAt.map({ now &- $0 >= Self.listingLifetime }) ?? true {
            reading.openFiles = PidFd.list(openFiles)
            listedAt = now
        }
    }

    /// Nanoseconds.
    private static let listingLifetime: UInt64 = 10_000_000_000

    /// Takes the answer to the question of an earlier tick, and asks again when there is a reason. Nobody waits for it: to walk over the pages of a large process
    /// takes long.
    private func readSmaps(_ slow: BlockingFiles, isDue: Bool) {
        if let question = smapsQuestion, let answer = slow.take(question) {
            smapsQuestion = nil
            var smaps = PidSmapsRollup()
            if case .content(let bytes) = answer { smaps = PidSmapsRollup(parsing: bytes.span.bytes) }
            isSame = isSame && smaps == reading.smaps
            reading.smaps = smaps
        }
        guard isDue, smapsQuestion == nil else { return }
        smapsQuestion = slow.ask("\(directory)/smaps_rollup")
        // Gives up a thread that a stuck process holds.
        slow.wait(until: 0)
    }

    /// Whether it has run of late.
    var isLively: Bool { restingFor < Self.keptReadings }

    /// Encodes name and state only when they have changed.
    private func updateNames(_ bytes: RawSpan) {
        let name = bytes.extracting(reading.stat.comm)
        let isFirst = reading.comm == nil
        if reading.comm.adopt(name), !isFirst { takeAnotherName() }
        if let letter = reading.stat.state { reading.state = ProcessStates.text(letter) } else { reading.state = nil }
    }

    /// With its name, a process that runs another program has another command line.
    private func takeAnotherName() {
        isSame = false
        isWanted = nil
        guard renamings < Self.mostRenamings else { return }
        renamings += 1
        if let commandLine { files.forget(commandLine.ticket) }
        commandLine = nil
        isAnnounced = false
    }

    /// A program may also give itself one name after the other; that isn't told for ever.
    private static let mostRenamings = 3
    private var renamings = 0
}

/// The letters of process states, encoded once.
private enum ProcessStates {
    private static let texts: [EncodedText] = (0..<128).map { EncodedText(String(UnicodeScalar(UInt8($0)))) }

    static func text(_ letter: UInt8) -> EncodedText? { letter < 128 ? texts[Int(letter)] : nil }
}
