import StatsCore

extension OwnFamilies {
    /// Appends what has become of the ticks for each target.
    package mutating func append(_ reports: [RemoteWriteReport]) {
        guard !reports.isEmpty else { return }
        family("sonde_remote_write_up", .gauge, "1 while the receiver takes what it is sent")
        for report in reports { sample(report.up ? 1 : 0, ("target", report.url)) }
        family("sonde_remote_write_samples_total", .counter, "Samples that the receiver has taken")
        for report in reports { sample(Double(report.samples), ("target", report.url)) }
        family("sonde_remote_write_dropped_samples_total", .counter, "Samples that the receiver will never have; out_of_order counts ticks")
        for report in reports {
            for (reason, count) in report.dropped.sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("target", report.url), ("reason", reason))
            }
        }
        family("sonde_remote_write_failures_total", .counter, "Requests that have failed; most were tried again")
        for report in reports {
            for (reason, count) in report.failures.sorted(by: { $0.key < $1.key }) {
                sample(Double(count), ("target", report.url), ("reason", reason))
            }
        }
        family("sonde_remote_write_pending_bytes", .gauge, "Size of the ticks on the disk that the receiver doesn't have")
        for report in reports { sample(Double(report.pendingBytes), ("target", report.url)) }
        family("sonde_remote_write_queue_limit_bytes", .gauge, "The most that these may take")
        for report in reports { sample(Double(report.limitBytes), ("target", report.url)) }
        family("sonde_remote_write_lag_seconds", .gauge, "Age of the oldest tick that the receiver doesn't have")
        for report in reports { sample(Double(report.lagMs) / 1000, ("target", report.url)) }
    }
}
