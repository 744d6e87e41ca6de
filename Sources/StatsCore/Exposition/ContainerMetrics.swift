/// The metrics of containers: cAdvisor's names wherever the meaning is the same, and Sonde's own for the rest.
enum ContainerMetrics {
    static let container = MetricTable(
        .container,
        labels: [
            .init("container_id", "id", isAlways: true), .init("container", "name", isAlways: true),
            .init("image", "image", isAlways: true),
            .init("compose_project", "container_label_com_docker_compose_project"),
            .init("compose_service", "container_label_com_docker_compose_service"),
            .init("swarm_service", "container_label_com_docker_swarm_service_name"),
            .init("swarm_task", "container_label_com_docker_swarm_task_name"),
            .init("swarm_node", "container_label_com_docker_swarm_node_id"),
            // The labels that kubelet uses.
            .init("kubernetes_namespace", "namespace"), .init("kubernetes_pod", "pod"), .init("kubernetes_container", "container"),
            .init("kubernetes_pod_uid", "container_label_io_kubernetes_pod_uid"),
        ],
        metrics: cpu + memory + io + others)

    private static let cpu = [
        Metric(
            "cpu_us", "container_cpu_usage_seconds_total", "cpu=\"total\"", help: "CPU time"),
        Metric("cpu_user_us", "container_cpu_user_seconds_total"), Metric("cpu_system_us", "container_cpu_system_seconds_total"),
        Metric("cpu_periods", "container_cpu_cfs_periods_total"),
        Metric("cpu_throttled_periods", "container_cpu_cfs_throttled_periods_total"),
        Metric("cpu_throttled_us", "container_cpu_cfs_throttled_seconds_total"),
        Metric("cpu_bursts", "container_cpu_cfs_burst_periods_total"), Metric("cpu_burst_us", "container_cpu_cfs_burst_seconds_total"),
        // Sonde knows only quota divided by period, in cores.
        Metric(
            "cpu_limit", "container_spec_cpu_quota", "", .times(quotaPeriod),
            help: "Microseconds of CPU time that it may use in a period of 100 ms, whatever its period is"),
        Metric(
            "cpu_limit", "container_spec_cpu_period", "", .constant(quotaPeriod),
            help: "The period in microseconds that container_spec_cpu_quota is for"),
    ]

    private static let quotaPeriod: Double = 100_000

    private static let memory = [
        Metric("memory_usage_bytes", "container_memory_usage_bytes"),
        Metric("memory_working_set_bytes", "container_memory_working_set_bytes"),
        Metric("memory_peak_bytes", "container_memory_max_usage_bytes"), Metric("memory_rss_bytes", "container_memory_rss"),
        Metric("memory_cache_bytes", "container_memory_cache"), Metric("memory_mapped_file_bytes", "container_memory_mapped_file"),
        Metric("memory_kernel_bytes", "container_memory_kernel_usage"), Metric("memory_swap_bytes", "container_memory_swap"),
        Metric("active_file_bytes", "container_memory_total_active_file_bytes"),
        Metric("inactive_file_bytes", "container_memory_total_inactive_file_bytes"),
        Metric("memory_limit_bytes", "container_spec_memory_limit_bytes"),
        Metric("memory_failures", "container_memory_failcnt"),
        Metric(
            "pgfault", "container_memory_failures_total", #"failure_type="pgfault",scope="hierarchy""#,
            help: "Page faults; pgmajfault are those that waited for a disk"),
        Metric("pgmajfault", "container_memory_failures_total", #"failure_type="pgmajfault",scope="hierarchy""#),
        Metric("oom_kills", "container_oom_events_total"),
        Metric("memory_oom_events", "sonde_container_memory_oom_events_total"),
        Metric("memory_high_events", "sonde_container_memory_high_events_total"),
    ]

    private static let io =
        [
            Metric("io_read_bytes", "container_fs_reads_bytes_total"), Metric("io_write_bytes", "container_fs_writes_bytes_total"),
            Metric("io_reads", "container_fs_reads_total"), Metric("io_writes", "container_fs_writes_total"),
        ]
        + [
            ("rx_bytes", "receive_bytes"), ("rx_packets", "receive_packets"), ("rx_errors", "receive_errors"),
            ("rx_dropped", "receive_packets_dropped"), ("tx_bytes", "transmit_bytes"), ("tx_packets", "transmit_packets"),
            ("tx_errors", "transmit_errors"), ("tx_dropped", "transmit_packets_dropped"),
        ].map { Metric($0.0, "container_network_\($0.1)_total") }

    private static let others = [
        Metric("psi_cpu_some_us", "container_pressure_cpu_waiting_seconds_total"),
        Metric("psi_cpu_full_us", "container_pressure_cpu_stalled_seconds_total"),
        Metric("psi_memory_some_us", "container_pressure_memory_waiting_seconds_total"),
        Metric("psi_memory_full_us", "container_pressure_memory_stalled_seconds_total"),
        Metric("psi_io_some_us", "container_pressure_io_waiting_seconds_total"),
        Metric("psi_io_full_us", "container_pressure_io_stalled_seconds_total"),
        Metric("pids", "container_threads"), Metric("pids_limit", "container_threads_max"),
        Metric("restarts", "sonde_container_restarts"),
        Metric(
            "sample_age_us", "container_last_seen", "", .instantBefore,
            help: "When it was read, in seconds since 1970, by the collector's clock"),
    ]

    static let process = MetricTable(
        .process,
        labels: [
            .init("container_id", "id", isAlways: true), .init("container", "name", isAlways: true), .init("pid", "pid"),
            .init("comm", "comm"), .init("unit", "unit"), .init("user", "user"),
        ],
        metrics: [
            Metric("cpu_user_us", "sonde_process_cpu_seconds_total", "mode=\"user\"", help: "CPU time"),
            Metric("cpu_system_us", "sonde_process_cpu_seconds_total", "mode=\"system\""),
            Metric("rss_bytes", "sonde_process_resident_memory_bytes"), Metric("vsz_bytes", "sonde_process_virtual_memory_bytes"),
            Metric("swap_bytes", "sonde_process_swap_bytes"), Metric("threads", "sonde_process_threads"),
            Metric("read_bytes", "sonde_process_read_bytes_total"), Metric("write_bytes", "sonde_process_written_bytes_total"),
        ])

    static let agent = MetricTable(
        .agent, labels: [],
        metrics: [
            Metric("lateness_us", "sonde_agent_lateness_seconds"), Metric("read_us", "sonde_agent_read_seconds"),
            Metric("cpu_us", "sonde_agent_cpu_seconds_total"), Metric("rss_bytes", "sonde_agent_resident_memory_bytes"),
            Metric("open_files", "sonde_agent_open_fds"), Metric("spool_bytes", "sonde_agent_spool_bytes"),
            Metric("queued_frames", "sonde_agent_queued_frames"), Metric("read_errors", "sonde_agent_read_errors_total"),
            Metric("engine_cpu_us", "sonde_agent_engine_cpu_seconds_total"),
            Metric("clock_offset_us", "sonde_agent_clock_offset_seconds"), Metric("clock_error_us", "sonde_agent_clock_error_seconds"),
        ])
}
