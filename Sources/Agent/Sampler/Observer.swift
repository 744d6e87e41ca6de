import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads what the agent itself costs, and the container engine that works for it; only the sampler's thread calls it.
struct Observer: ~Copyable {
    private var buffer = ReadBuffer(capacity: 4096)
    private var memory: OptionalFile
    private var tally = ReadTally()
    private var engine: EngineProcesses?

    /// - Parameter engine: whose processes to follow; none when no engine is asked.
    init(engine: EngineProcesses?) {
        memory = OptionalFile("/proc/self", "statm", &tally)
        self.engine = engine
    }

    mutating func reading(
        latenessUs: Int64, readUs: Int64, backlog: Backlog, readErrors: UInt64, clock: CollectorTime
    ) -> AgentReading {
        var reading = AgentReading()
        reading.lateness = UInt64(clamping: latenessUs)
        reading.readTime = UInt64(clamping: readUs)
        reading.cpu = Clocks.processCPU() / 1000
        reading.rss = resident()
        reading.openFiles = Self.openFiles()
        reading.spool = backlog.spoolBytes
        reading.queuedFrames = backlog.frames
        reading.readErrors = readErrors
        reading.engineCPU = engine?.cpu(into: &buffer)
        if let estimate = clock.wallOffset {
            reading.clockOffset = estimate.offset
            reading.clockError = UInt64(clamping: estimate.error)
        }
        return reading
    }

    private mutating func resident() -> UInt64? {
        guard memory.read(into: &buffer, &tally) else { return nil }
        let memory = PidStatm(parsing: buffer.bytes)
        return memory.resident
    }

    /// Since Linux 6.2 the size of `/proc/self/fd` is the number of open descriptors; before that it is 0 and nothing is said,
    /// since listing thousands of them at every tick would cost more than all that it tells.
    private static func openFiles() -> UInt64? {
        var status = stat()
        guard stat("/proc/self/fd", &status) == 0, status.st_size > 0 else { return nil }
        return UInt64(status.st_size)
    }
}
