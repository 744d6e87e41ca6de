/// The metrics of hosts: node_exporter's names wherever the meaning is the same, and `sonde_node_` for the rest.
enum NodeMetrics {
    static let host = MetricTable(.host, labels: [], metrics: processors + pressure + memory + pages + sockets)

    private static let processors = [
        Metric("load1", "node_load1"), Metric("load5", "node_load5"), Metric("load15", "node_load15"),
        Metric("context_switches", "node_context_switches_total"), Metric("interrupts", "node_intr_total"),
        Metric("softirqs", "sonde_node_softirqs_total"), Metric("forks", "node_forks_total"),
        Metric("procs_running", "node_procs_running"), Metric("procs_blocked", "node_procs_blocked"),
        Metric(
            "uptime_us", "node_boot_time_seconds", "", .instantBefore,
            help: "When the host was booted, in seconds since 1970, by the collector's clock"),
    ]

    private static let pressure = [
        Metric("psi_cpu_some_us", "node_pressure_cpu_waiting_seconds_total"),
        Metric("psi_memory_some_us", "node_pressure_memory_waiting_seconds_total"),
        Metric("psi_memory_full_us", "node_pressure_memory_stalled_seconds_total"),
        Metric("psi_io_some_us", "node_pressure_io_waiting_seconds_total"),
        Metric("psi_io_full_us", "node_pressure_io_stalled_seconds_total"),
    ]

    private static let memory = [
        Metric("memory_total_bytes", "node_memory_MemTotal_bytes"), Metric("memory_total_bytes", "machine_memory_bytes"),
        Metric("memory_free_bytes", "node_memory_MemFree_bytes"), Metric("memory_available_bytes", "node_memory_MemAvailable_bytes"),
        Metric("memory_buffers_bytes", "node_memory_Buffers_bytes"), Metric("memory_cached_bytes", "node_memory_Cached_bytes"),
        Metric("memory_active_bytes", "node_memory_Active_bytes"), Metric("memory_inactive_bytes", "node_memory_Inactive_bytes"),
        Metric("memory_dirty_bytes", "node_memory_Dirty_bytes"), Metric("memory_writeback_bytes", "node_memory_Writeback_bytes"),
        Metric("memory_anon_bytes", "node_memory_AnonPages_bytes"), Metric("memory_mapped_bytes", "node_memory_Mapped_bytes"),
        Metric("memory_shmem_bytes", "node_memory_Shmem_bytes"),
        Metric("memory_slab_reclaimable_bytes", "node_memory_SReclaimable_bytes"),
        Metric("memory_slab_unreclaimable_bytes", "node_memory_SUnreclaim_bytes"),
        Metric("memory_kernel_stack_bytes", "node_memory_KernelStack_bytes"),
        Metric("memory_page_tables_bytes", "node_memory_PageTables_bytes"),
        Metric("memory_committed_bytes", "node_memory_Committed_AS_bytes"),
        Metric("swap_total_bytes", "node_memory_SwapTotal_bytes"), Metric("swap_free_bytes", "node_memory_SwapFree_bytes"),
    ]

    private static let pages =
        [
            "nr_active_anon", "nr_inactive_anon", "nr_active_file", "nr_inactive_file", "nr_mapped", "pgpgin", "pgpgout", "pswpin",
            "pswpout", "pgfree", "pgfault", "pgmajfault", "pgreuse", "oom_kill", "workingset_refault_anon", "workingset_refault_file",
        ].map { Metric($0, "node_vmstat_\($0)") } + [
            Metric("pgscan", "sonde_node_reclaim_scanned_pages_total"), Metric("pgsteal", "sonde_node_reclaim_taken_pages_total"),
        ]

    private static let sockets = [
        Metric("sockets_used", "node_sockstat_sockets_used"), Metric("tcp_inuse", "node_sockstat_TCP_inuse"),
        Metric("tcp_orphan", "node_sockstat_TCP_orphan"), Metric("tcp_time_wait", "node_sockstat_TCP_tw"),
        Metric("tcp_alloc", "node_sockstat_TCP_alloc"), Metric("tcp_mem_pages", "node_sockstat_TCP_mem"),
        Metric("udp_inuse", "node_sockstat_UDP_inuse"), Metric("tcp6_inuse", "node_sockstat_TCP6_inuse"),
        Metric("udp6_inuse", "node_sockstat_UDP6_inuse"), Metric("tcp_retransmits", "node_netstat_Tcp_RetransSegs"),
        Metric("tcp_in_errors", "node_netstat_Tcp_InErrs"), Metric("tcp_listen_drops", "node_netstat_TcpExt_ListenDrops"),
        Metric("udp_in_errors", "node_netstat_Udp_InErrors"), Metric("files_open", "node_filefd_allocated"),
        Metric("files_max", "node_filefd_maximum"),
    ]

    static let cpu = MetricTable(
        .cpu, labels: [.init("cpu", "cpu")],
        metrics: ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"].map {
            Metric("cpu_\($0)_us", "node_cpu_seconds_total", "mode=\"\($0)\"", help: "Time that a core spent in each mode")
        } + [
            Metric(
                "cpu_guest_us", "node_cpu_guest_seconds_total", "mode=\"user\"",
                help: "Time that a core spent in guests, which user and nice hold too"),
            Metric("cpu_guest_nice_us", "node_cpu_guest_seconds_total", "mode=\"nice\""),
            Metric("frequency_hz", "node_cpu_scaling_frequency_hertz"),
        ])

    static let disk = MetricTable(
        .disk, labels: [.init("device", "device")],
        metrics: [
            Metric("reads", "node_disk_reads_completed_total"), Metric("reads_merged", "node_disk_reads_merged_total"),
            Metric("read_sectors", "node_disk_read_bytes_total", "", .times(512), help: "Bytes read"),
            Metric("read_us", "node_disk_read_time_seconds_total"), Metric("writes", "node_disk_writes_completed_total"),
            Metric("writes_merged", "node_disk_writes_merged_total"),
            Metric("write_sectors", "node_disk_written_bytes_total", "", .times(512), help: "Bytes written"),
            Metric("write_us", "node_disk_write_time_seconds_total"), Metric("in_flight", "node_disk_io_now"),
            Metric("io_us", "node_disk_io_time_seconds_total"), Metric("weighted_io_us", "node_disk_io_time_weighted_seconds_total"),
            Metric("discards", "node_disk_discards_completed_total"), Metric("discards_merged", "node_disk_discards_merged_total"),
            Metric("discard_sectors", "node_disk_discarded_sectors_total"), Metric("discard_us", "node_disk_discard_time_seconds_total"),
            Metric("flushes", "node_disk_flush_requests_total"), Metric("flush_us", "node_disk_flush_requests_time_seconds_total"),
        ])

    static let filesystem = MetricTable(
        .filesystem, labels: [.init("device", "device"), .init("type", "fstype"), .init("mount", "mountpoint")],
        metrics: [
            Metric("size_bytes", "node_filesystem_size_bytes"), Metric("free_bytes", "node_filesystem_free_bytes"),
            Metric("available_bytes", "node_filesystem_avail_bytes"), Metric("files", "node_filesystem_files"),
            Metric("files_free", "node_filesystem_files_free"),
        ])

    static let network = MetricTable(
        .network, labels: [.init("interface", "device")],
        metrics: [
            ("rx_bytes", "receive_bytes"), ("rx_packets", "receive_packets"), ("rx_errors", "receive_errs"), ("rx_dropped", "receive_drop"),
            ("rx_fifo", "receive_fifo"), ("rx_frame", "receive_frame"), ("rx_compressed", "receive_compressed"),
            ("rx_multicast", "receive_multicast"), ("tx_bytes", "transmit_bytes"), ("tx_packets", "transmit_packets"),
            ("tx_errors", "transmit_errs"), ("tx_dropped", "transmit_drop"), ("tx_fifo", "transmit_fifo"),
            ("tx_collisions", "transmit_colls"), ("tx_carrier", "transmit_carrier"), ("tx_compressed", "transmit_compressed"),
        ].map { Metric($0.0, "node_network_\($0.1)_total") } + [Metric("speed_bytes_per_second", "node_network_speed_bytes")])
}
