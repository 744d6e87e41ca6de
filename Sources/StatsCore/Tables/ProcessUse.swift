/// What a process used, beside its row: by it the processes of a tick are ranked.
package struct ProcessUse: Sendable, Equatable {
    /// Pid and start together name a process.
    package struct Name: Hashable, Sendable {
        package let pid: UInt64
        package let start: UInt64
    }

    package let name: Name
    /// 100 is one core; 0 where that isn't known yet.
    package var cpu: Double
    /// Resident bytes.
    package var memory: UInt64
    /// Of a process that has ended, which of the agent's exits it is. Two sources may write the last row of one process, and only one of them know when it began.
    package internal(set) var exit: UInt64?
    /// Where its row ends, in the bytes of all rows.
    package internal(set) var end = 0

    package init(pid: UInt64, start: UInt64, cpu: Double, memory: UInt64) {
        name = Name(pid: pid, start: start)
        (self.cpu, self.memory) = (cpu, memory)
    }

    package init(_ reading: ProcessReading) {
        self.init(
            pid: reading.stat.pid ?? 0, start: reading.stat.start ?? 0, cpu: reading.cpuPercent ?? 0, memory: reading.statm.resident ?? 0)
    }
}
