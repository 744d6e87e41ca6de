/// `/proc/stat`: what the processors, interrupts and the scheduler did since boot (proc_stat(5)).
///
///     cpu  46772 0 8866 141441 670 0 63 82 0 0
///     cpu0 22438 0 4019 72299 88 0 18 37 0 0
///     intr 300590 0 0 0 …
///     ctxt 430863
///     btime 1795250535
///     processes 11782
///     procs_running 3
///     procs_blocked 0
///     softirq 220816 0 36883 4 1735 48153 0 2 41167 0 92872
package struct ProcStat: Sendable {
    /// One online core; an offline core has no line.
    package struct Core: Sendable, Equatable {
        package var number: UInt64
        package var times: CPUTimes
    }

    /// All cores together.
    package private(set) var total = CPUTimes()
    package private(set) var cores: [Core] = []
    package private(set) var contextSwitches: UInt64?
    /// Interrupts served, numbered and unnumbered.
    package private(set) var interrupts: UInt64?
    package private(set) var softirqs: UInt64?
    /// Processes and threads created.
    package private(set) var forks: UInt64?
    package private(set) var running: UInt64?
    /// Processes that wait for I/O.
    package private(set) var blocked: UInt64?

    package init() {}

    /// Replaces the reading; a value that the file doesn't have becomes `nil`.
    package mutating func update(parsing bytes: RawSpan) {
        total = CPUTimes()
        cores.removeAll(keepingCapacity: true)
        (contextSwitches, interrupts, softirqs, forks, running, blocked) = (nil, nil, nil, nil, nil, nil)
        var cursor = ByteCursor(bytes.completeLines)
        while !cursor.isAtEnd {
            let key = cursor.word()
            switch key.count {
            case 0: break
            case 3 where cursor.matches(key, "cpu"): total = CPUTimes(&cursor)
            case 4 where cursor.matches(key, "intr"): interrupts = cursor.wholeDecimal()
            case 4 where cursor.matches(key, "ctxt"): contextSwitches = cursor.wholeDecimal()
            case 7 where cursor.matches(key, "softirq"): softirqs = cursor.wholeDecimal()
            case 9 where cursor.matches(key, "processes"): forks = cursor.wholeDecimal()
            case 13 where cursor.matches(key, "procs_running"): running = cursor.wholeDecimal()
            case 13 where cursor.matches(key, "procs_blocked"): blocked = cursor.wholeDecimal()
            case 4... where cursor.matches(key.lowerBound..<key.lowerBound + 3, "cpu"):
                cursor.move(to: key.lowerBound + 3)
                if let number = cursor.wholeDecimal() { cores.append(Core(number: number, times: CPUTimes(&cursor))) }
            default: break
            }
            cursor.skipLine()
        }
    }
}
