extension KernelRoots {
    /// The host's memory in bytes: MemTotal of `/proc/meminfo`.
    package var hostMemory: UInt64? {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce("\(proc)/meminfo", into: &buffer)) != nil else { return nil }
        var memory = MemInfo()
        memory.update(parsing: buffer.bytes)
        return memory[.total]
    }
}
