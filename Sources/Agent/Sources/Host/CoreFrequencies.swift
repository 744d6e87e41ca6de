import StatsCore

/// Reads each core's clock from a file that stays open. Without cpufreq, as in most virtual machines, there is no such file.
///
/// On Linux 4.13 to 5.17 on x86, reading the file of a core that was idle for a while sleeps 10 ms. With many cores that would delay
/// every tick, so on such a kernel the clocks are no longer read and stay empty.
struct CoreFrequencies: ~Copyable {
    /// An array can't hold noncopyable values, so each file is wrapped in an object.
    private final class Core {
        let number: Int
        var file: OptionalFile

        init(number: Int, file: consuming OptionalFile) {
            self.number = number
            self.file = file
        }
    }

    /// A reading that takes longer than this, in nanoseconds, is slow. An interruption may slow down one reading; the kernel's sleep slows down all.
    private static let slow: UInt64 = 8_000_000

    private var cores: [Core] = []
    private var slowReadings = 0
    /// By core number; absent for a core without a file.
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
