/// A column of kubemon's files, and what it is made of.
struct KubemonColumn {
    enum Source: Equatable {
        /// How much a column of the run's table changed since the tick before, times a factor.
        case change(String, factor: Double)
        /// What kubemon writes on Linux without having it from anywhere.
        case zero
        /// The run doesn't tell it, so that the cell is empty.
        case unknown
    }

    let name: String
    let source: Source

    init(_ name: String, _ column: String, factor: Double = 1) { (self.name, source) = (name, .change(column, factor: factor)) }
    init(_ name: String, _ source: Source) { (self.name, self.source) = (name, source) }
}

/// The columns of kubemon's files (hrchlhck/kubemon, of its classes OSMonitor, DockerMonitor and ProcessMonitor), in their order. Units are kubemon's: psutil's seconds,
/// clock ticks of 10 ms, pages of 4 KiB, milliseconds of disks.
enum KubemonColumns {
    private static let seconds = 1e-6
    private static let clockTicks = 1e-4
    private static let milliseconds = 1e-3
    private static let nanoseconds = 1e3
    private static let pages = 1.0 / 4096

    /// By table of the run, in the order in which they stand in a row.
    static let os: [(table: String, columns: [KubemonColumn])] = [
        (
            "host",
            [
                KubemonColumn("cpu_ctx_switches", "context_switches"), KubemonColumn("cpu_interrupts", "interrupts"),
                KubemonColumn("cpu_soft_interrupts", "softirqs"), KubemonColumn("cpu_syscalls", .zero),
            ]
                + ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"].map {
                    KubemonColumn("cpu_\($0)", "cpu_\($0)_us", factor: seconds)
                }
                + [
                    "nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file", "nr_mapped", "pgpgin", "pgpgout", "pgfree",
                    "pgfault", "pgmajfault", "pgreuse",
                ].map { KubemonColumn("mem_\($0)", $0) }
        ),
        (
            "disk",
            [
                KubemonColumn("disk_read_io", "reads"), KubemonColumn("disk_read_merge", "reads_merged"),
                KubemonColumn("disk_read_sectors", "read_sectors"), KubemonColumn("disk_read_ticks", "read_us", factor: milliseconds),
                KubemonColumn("disk_write_io", "writes"), KubemonColumn("disk_write_merge", "writes_merged"),
                KubemonColumn("disk_write_sectors", "write_sectors"), KubemonColumn("disk_write_ticks", "write_us", factor: milliseconds),
                KubemonColumn("disk_in_flight", "in_flight"), KubemonColumn("disk_io_ticks", "io_us", factor: milliseconds),
                KubemonColumn("disk_time_in_queue", "weighted_io_us", factor: milliseconds), KubemonColumn("disk_discard_io", "discards"),
                KubemonColumn("disk_discard_merges", "discards_merged"), KubemonColumn("disk_discard_sectors", "discard_sectors"),
                KubemonColumn("disk_discard_ticks", "discard_us", factor: milliseconds),
            ]
        ),
        (
            "network",
            [
                KubemonColumn("net_bytes_sent", "tx_bytes"), KubemonColumn("net_bytes_recv", "rx_bytes"),
                KubemonColumn("net_packets_sent", "tx_packets"), KubemonColumn("net_packets_recv", "rx_packets"),
                KubemonColumn("net_errin", "rx_errors"), KubemonColumn("net_errout", "tx_errors"),
                KubemonColumn("net_dropin", "rx_dropped"),
                KubemonColumn("net_dropout", "tx_dropped"), KubemonColumn("net_num_connections", .unknown),
            ]
        ),
    ]

    static let docker: [KubemonColumn] =
        [
            KubemonColumn("cpu_user", "cpu_user_us", factor: clockTicks), KubemonColumn("cpu_system", "cpu_system_us", factor: clockTicks),
            KubemonColumn("cpu_nr_periods", "cpu_periods"), KubemonColumn("cpu_nr_throttled", "cpu_throttled_periods"),
            KubemonColumn("cpu_throttled_time", "cpu_throttled_us", factor: nanoseconds), KubemonColumn("mem_cache", "memory_cache_bytes"),
            KubemonColumn("mem_rss", "memory_rss_bytes"), KubemonColumn("mem_mapped_file", "memory_mapped_file_bytes"),
        ] + ["pgpgin", "pgpgout", "pgfault", "pgmajfault"].map { KubemonColumn("mem_\($0)", $0) }
        + ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"].map { KubemonColumn("mem_\($0)", "\($0)_bytes") }
        + interface
        + ["read", "write", "sync", "async", "discard", "total"].map { KubemonColumn("disk_\($0)", "io_\($0)_bytes") }

    static let process: [KubemonColumn] =
        [
            KubemonColumn("cpu_user", "cpu_user_us", factor: seconds), KubemonColumn("cpu_system", "cpu_system_us", factor: seconds),
            KubemonColumn("cpu_children_user", "children_user_us", factor: seconds),
            KubemonColumn("cpu_children_system", "children_system_us", factor: seconds),
            KubemonColumn("cpu_iowait", "block_delay_us", factor: seconds), KubemonColumn("disk_read_count", "read_syscalls"),
            KubemonColumn("disk_write_count", "write_syscalls"), KubemonColumn("disk_read_bytes", "read_bytes"),
            KubemonColumn("disk_write_bytes", "write_bytes"), KubemonColumn("disk_read_chars", "read_chars"),
            KubemonColumn("disk_write_chars", "write_chars"), KubemonColumn("mem_size", "vsz_bytes", factor: pages),
            KubemonColumn("mem_resident", "rss_bytes", factor: pages), KubemonColumn("mem_shared", "shared_bytes", factor: pages),
            KubemonColumn("mem_text", "text_bytes", factor: pages), KubemonColumn("mem_lib", .zero),
            KubemonColumn("mem_data", "data_bytes", factor: pages), KubemonColumn("mem_dt", .zero),
        ] + interface.map { KubemonColumn($0.name, .unknown) }

    /// Of one network namespace, as in /proc/<pid>/net/dev.
    private static let interface: [KubemonColumn] =
        [
            ("bytes", "bytes"), ("packets", "packets"), ("errs", "errors"), ("drop", "dropped"), ("fifo", nil), ("frame", nil),
            ("compressed", nil),
            ("multicast", nil),
        ].map { column("rx", $0, $1) }
        + [
            ("bytes", "bytes"), ("packets", "packets"), ("errs", "errors"), ("drop", "dropped"), ("fifo", nil), ("colls", nil),
            ("carrier", nil),
            ("compressed", nil),
        ].map { column("tx", $0, $1) }

    private static func column(_ direction: String, _ name: String, _ own: String?) -> KubemonColumn {
        guard let own else { return KubemonColumn("net_\(direction)_\(name)", .unknown) }
        return KubemonColumn("net_\(direction)_\(name)", "\(direction)_\(own)")
    }
}
