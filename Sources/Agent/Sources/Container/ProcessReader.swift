import StatsCore

/// Reads one process again and again through its four files in `/proc`. They stay open, so they can't become another process's.
final class ProcessReader {
    /// The last reading. The container's names are written into it only once.
    private(set) var reading = ProcessReading()
    /// The round in which the process was last listed.
    var round: UInt64 = 0
    /// Whether its event has been written.
    var isAnnounced = false

    /// The question for its command line, and when it was asked, monotonic nanoseconds.
    var commandLine: (ticket: BlockingFiles.Ticket, asked: UInt64)?

    let directory: String
    private let files: BlockingFiles
    /// The question for `io` that isn't answered yet, and whether that was counted as an error.
    private var question: (ticket: BlockingFiles.Ticket, isCounted: Bool)?
    private var stat: OptionalFile
    private var statm: OptionalFile
    private var status: OptionalFile
    private var io: OptionalFile
    private var rate = CPURate()

    /// - Parameter directory: `/proc/<pid>`.
    init(_ directory: String, _ files: BlockingFiles, _ tally: inout ReadTally) {
        self.directory = directory
        self.files = files
        stat = OptionalFile(directory, "stat", &tally)
        statm = OptionalFile(directory, "statm", &tally)
        status = OptionalFile(directory, "status", &tally)
        io = OptionalFile(directory, "io", &tally)
    }

    deinit {
        if let commandLine { files.forget(commandLine.ticket) }
        if let question { files.forget(question.ticket) }
    }

    func name(containerID: EncodedText?, container: EncodedText?) {
        reading.containerID = containerID
        reading.container = container
    }

    /// The result of reading a process.
    enum Outcome {
        case read
        /// It has ended, which is no error.
        case ended
        /// Another process has the pid now. This can only happen where the files aren't kept open.
        case replaced
    }

    /// Reads the files into `reading`.
    func read(hostMemory: UInt64?, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Outcome {
        var own = ReadTally()
        defer {
            // The end of a process says nothing about its container.
            own.isGone = false
            tally.add(own)
        }
        let now = Clocks.monotonic()
        guard stat.read(into: &buffer, &own) else { return .ended }
        let fresh = PidStat(parsing: buffer.bytes)
        guard fresh.pid != nil else { return .ended }
        if let start = reading.stat.start, start != fresh.start { return .replaced }
        reading.stat = fresh
        updateNames(buffer.bytes)
        if let user = fresh.cpuUser, let system = fresh.cpuSystem {
            reading.cpuPercent = rate.next(CPURate.Sample(cpu: user &+ system, instant: now))
        } else {
            reading.cpuPercent = nil
        }

        reading.statm = statm.read(into: &buffer, &own) ? PidStatm(parsing: buffer.bytes) : PidStatm()
        reading.memoryPercent = nil
        if let resident = reading.statm.resident, let hostMemory, hostMemory > 0 {
            reading.memoryPercent = Double(resident) / Double(hostMemory) * 100
        }
        reading.status = status.read(into: &buffer, &own) ? PidStatus(parsing: buffer.bytes) : PidStatus()
        if fresh.state == UInt8(ascii: "D") {
            reading.io = readIOAside(&own)
        } else {
            if let question { files.forget(question.ticket) }
            question = nil
            reading.io = io.read(into: &buffer, &own) ? PidIO(parsing: buffer.bytes) : PidIO()
        }
        // The process ended between two files: an incomplete row isn't written.
        return own.isGone ? .ended : .read
    }

    /// Reads `io` of a process that waits in the kernel: if it waits there in an exec, so does whoever reads this file.
    ///
    /// Only of one in state D. One whose exec waits for a FUSE file system's server may be in state S, as all that are idle: nothing that can be read without
    /// waiting tells it from those, and to read `io` of each aside would cost a change of threads for each process at each tick.
    private func readIOAside(_ tally: inout ReadTally) -> PidIO {
        if io.isAbsent { return PidIO() }
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

    /// Encodes name and state only when they have changed.
    private func updateNames(_ bytes: RawSpan) {
        let name = bytes.extracting(reading.stat.comm)
        if reading.comm?.isPlain(name) != true { reading.comm = EncodedText(utf8: name) }
        if let letter = reading.stat.state { reading.state = ProcessStates.text(letter) } else { reading.state = nil }
    }
}

/// The letters of process states, encoded once.
private enum ProcessStates {
    private static let texts: [EncodedText] = (0..<128).map { EncodedText(String(UnicodeScalar(UInt8($0)))) }

    static func text(_ letter: UInt8) -> EncodedText? { letter < 128 ? texts[Int(letter)] : nil }
}
