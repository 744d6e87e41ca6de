import StatsCore

/// Reads the clock of every core, from one kept-open file each. Where there is no cpufreq, as in most virtual machines, it holds no file.
///
/// Linux 4.13 to 5.17 on x86 sleeps 10 ms in each of these files whose core was idle for a while. On such a kernel a reading of many
/// cores would delay every tick, so the cores' clocks are given up and stay empty.
struct CoreFrequencies: ~Copyable {
    /// An array can't hold what must not be copied, so each file gets a reference.
    private final class Core {
        let number: Int
        var file: OptionalFile

        init(number: Int, file: consuming OptionalFile) {
            self.number = number
            self.file = file
        }
    }

    /// A reading that takes longer than this, in nanoseconds, is slow; an interruption may make one so, the kernel makes all so.
    private static let slow: UInt64 = 8_000_000

    private var cores: [Core] = []
    private var slowReadings = 0
    /// By core number; absent where the kernel doesn't say.
    private(set) var frequencies: [CPUFrequency] = []

    init(sys: String, coreCount: Int, _ tally: inout ReadTally) {
        frequencies = Array(repeating: CPUFrequency(), count: coreCount)
        for number in 0..<coreCount {
            let file = OptionalFile("\(sys)/devices/system/cpu/cpu\(number)/cpufreq", "scaling_cur_freq", &tally)
            if !file.isAbsent { cores.append(Core(number: number, file: file)) }
        }
    }

    mutating func read(into buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        guard !cores.isEmpty else { return }
        let begin = Clocks.monotonic()
        for core in cores {
            core.file.read(into: &buffer, &tally) { frequencies[core.number] = CPUFrequency(parsing: $0) }
        }
        slowReadings = Clocks.monotonic() - begin > Self.slow ? slowReadings + 1 : 0
        if slowReadings == 3 {
            cores.removeAll()
            for index in frequencies.indices { frequencies[index] = CPUFrequency() }
        }
    }
}
