/// What `sonde record` ran, and what that and everything it started used: member `command` of run.json, and the body of `POST /command`.
package struct RecordedCommand: Codable, Sendable, Equatable {
    /// How its use was measured.
    package enum Measure: String, Codable, Sendable {
        /// By a cgroup of its own: whatever it started counts, to the last microsecond.
        case cgroup
        /// By its processes: what an orphan's children used may be missing, and memory is that of the largest.
        case processes
    }

    /// As the user wrote it, without its arguments.
    package var program: String
    /// Only where the user wanted them kept: they may hold secrets.
    package var arguments: [String]?
    /// When it was started, as in the column `time`.
    package var began: String
    package var measure: Measure

    /// From here on: absent while it runs, and where nobody says it. Times in µs, sizes in bytes.
    package var elapsedUs: UInt64?
    package var cpuUs: UInt64?
    package var cpuUserUs: UInt64?
    package var cpuSystemUs: UInt64?
    /// The most that was charged at once to all of it together, file pages included.
    package var memoryPeakBytes: UInt64?
    /// The most resident memory that one of its processes had.
    package var maxRSSBytes: UInt64?
    package var ioReadBytes: UInt64?
    package var ioWriteBytes: UInt64?
    /// How many processes it was, itself included; threads aren't counted.
    package var processes: UInt64?
    package var minorFaults: UInt64?
    package var majorFaults: UInt64?
    package var voluntarySwitches: UInt64?
    package var involuntarySwitches: UInt64?
    /// As exit(3) was given it; absent for one that a signal ended.
    package var exitStatus: Int32?
    package var signal: Int32?
    /// Processes of it that still ran when it had ended, and were ended then.
    package var leftRunning: UInt64?

    package enum CodingKeys: String, CodingKey {
        case program, arguments, began, measure, processes, signal
        case elapsedUs = "elapsed_us"
        case cpuUs = "cpu_us"
        case cpuUserUs = "cpu_user_us"
        case cpuSystemUs = "cpu_system_us"
        case memoryPeakBytes = "memory_peak_bytes"
        case maxRSSBytes = "max_rss_bytes"
        case ioReadBytes = "io_read_bytes"
        case ioWriteBytes = "io_write_bytes"
        case minorFaults = "minor_faults"
        case majorFaults = "major_faults"
        case voluntarySwitches = "voluntary_switches"
        case involuntarySwitches = "involuntary_switches"
        case exitStatus = "exit_status"
        case leftRunning = "left_running"
    }

    package init(program: String, arguments: [String]?, began: String, measure: Measure) {
        self.program = program
        self.arguments = arguments
        self.began = began
        self.measure = measure
    }

    package var hasEnded: Bool { elapsedUs != nil }

    /// As a shell gives it: 128 plus the signal's number when a signal ended it.
    package var status: Int32? { signal.map { 128 &+ $0 } ?? exitStatus }

    /// What is wrong with one that somebody sends; `nil` where nothing is.
    package var fault: String? {
        if program.isEmpty || program.utf8.count > 1024 { return "a program has 1 to 1024 bytes" }
        if let signal, !(1...64).contains(signal) { return "there is no signal \(signal)" }
        return nil
    }

    /// How it ended, in words that follow its name.
    package var ending: String {
        if let signal { return "was ended by signal \(signal)" }
        return exitStatus.map { "ended with status \($0)" } ?? "runs"
    }
}
