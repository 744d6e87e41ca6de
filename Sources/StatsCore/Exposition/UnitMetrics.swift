/// The metrics of units, which cAdvisor shows among its containers: under names of their own, so that a sum over containers stays one.
enum UnitMetrics {
    static let unit = MetricTable(
        .unit,
        labels: [.init("unit", "unit"), .init("unit_kind", "kind"), .init("cgroup", "cgroup")],
        metrics: [
            Metric("cpu_user_us", "sonde_unit_cpu_seconds_total", "mode=\"user\"", help: "CPU time"),
            Metric("cpu_system_us", "sonde_unit_cpu_seconds_total", "mode=\"system\""),
            Metric("cpu_throttled_us", "sonde_unit_cpu_throttled_seconds_total"), Metric("cpu_limit", "sonde_unit_cpu_limit_cores"),
            Metric("memory_usage_bytes", "sonde_unit_memory_usage_bytes"),
            Metric("memory_working_set_bytes", "sonde_unit_memory_working_set_bytes"),
            Metric("memory_peak_bytes", "sonde_unit_memory_peak_bytes"), Metric("memory_rss_bytes", "sonde_unit_memory_anonymous_bytes"),
            Metric("memory_limit_bytes", "sonde_unit_memory_limit_bytes"), Metric("oom_kills", "sonde_unit_oom_kills_total"),
            Metric("io_read_bytes", "sonde_unit_read_bytes_total"), Metric("io_write_bytes", "sonde_unit_written_bytes_total"),
            Metric("pids", "sonde_unit_threads"), Metric("psi_cpu_some_us", "sonde_unit_pressure_cpu_waiting_seconds_total"),
            Metric("psi_memory_some_us", "sonde_unit_pressure_memory_waiting_seconds_total"),
            Metric("psi_io_some_us", "sonde_unit_pressure_io_waiting_seconds_total"),
        ])
}
