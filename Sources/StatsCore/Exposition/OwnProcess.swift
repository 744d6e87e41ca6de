#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension OwnFamilies {
    /// Appends this process's own use of resources, under the names of Prometheus' client libraries. Sources: proc_pid_stat(5), proc_pid_statm(5).
    package mutating func appendOwnProcess() {
        var buffer = ReadBuffer(capacity: 4096)
        single("process_cpu_seconds_total", .counter, "CPU time of the collector", Double(Clocks.processCPU()) / 1e9)
        if (try? KernelFile.readOnce("/proc/self/statm", into: &buffer)) != nil {
            let memory = PidStatm(parsing: buffer.bytes)
            single("process_resident_memory_bytes", .gauge, "Resident memory of the collector", memory.resident.map { Double($0) })
            single("process_virtual_memory_bytes", .gauge, "Virtual memory of the collector", memory.size.map { Double($0) })
        }
        single("process_open_fds", .gauge, "Descriptors that the collector holds open", Self.openDescriptors())
        single("process_max_fds", .gauge, "Descriptors that it may hold open", DescriptorLimit.current.map { Double($0) })
        if (try? KernelFile.readOnce("/proc/self/stat", into: &buffer)) != nil, let start = PidStat(parsing: buffer.bytes).start {
            var boot = timespec()
            clock_gettime(CLOCK_BOOTTIME, &boot)
            let age = Double(boot.tv_sec) - Double(start) / 1e6
            single(
                "process_start_time_seconds", .gauge, "When the collector began, in seconds since 1970",
                (Double(Clocks.wall()) / 1e9 - age).rounded())
        }
    }

    private static func openDescriptors() -> Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0.0
        while readdir(directory) != nil { count += 1 }
        // The listing has `.`, `..` and its own descriptor, which don't count.
        return count - 3
    }
}
