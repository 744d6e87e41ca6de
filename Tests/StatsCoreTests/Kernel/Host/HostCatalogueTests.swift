import Testing

@testable import StatsCore

@Suite("The host's tables in the catalogue") struct HostCatalogueTests {
    private static let times = [
        "cpu_user_us", "cpu_nice_us", "cpu_system_us", "cpu_idle_us", "cpu_iowait_us", "cpu_irq_us", "cpu_softirq_us", "cpu_steal_us",
        "cpu_guest_us", "cpu_guest_nice_us",
    ]

    private func names(_ id: TableID) -> [String] { Catalogue.table(id).columns.map(\.name) }

    @Test("The names of host are final")
    func hostNames() {
        #expect(
            names(.host) == Self.times + [
                "cpu_percent", "context_switches", "interrupts", "softirqs", "forks", "procs_running", "procs_blocked", "load1", "load5",
                "load15", "uptime_us", "psi_cpu_some_us", "psi_memory_some_us", "psi_memory_full_us", "psi_io_some_us", "psi_io_full_us",
                "memory_total_bytes", "memory_free_bytes", "memory_available_bytes", "memory_buffers_bytes", "memory_cached_bytes",
                "memory_active_bytes", "memory_inactive_bytes", "memory_dirty_bytes", "memory_writeback_bytes", "memory_anon_bytes",
                "memory_mapped_bytes", "memory_shmem_bytes", "memory_slab_reclaimable_bytes", "memory_slab_unreclaimable_bytes",
                "memory_kernel_stack_bytes", "memory_page_tables_bytes", "memory_committed_bytes", "swap_total_bytes", "swap_free_bytes",
                "memory_percent", "nr_active_anon", "nr_inactive_anon", "nr_active_file", "nr_inactive_file", "nr_mapped", "pgpgin",
                "pgpgout", "pswpin", "pswpout", "pgfree", "pgfault", "pgmajfault", "pgreuse", "pgscan", "pgsteal", "oom_kill",
                "workingset_refault_anon", "workingset_refault_file", "sockets_used", "tcp_inuse", "tcp_orphan", "tcp_time_wait",
                "tcp_alloc", "tcp_mem_pages", "udp_inuse", "tcp_retransmits", "tcp_in_errors", "tcp_listen_drops", "udp_in_errors",
                "files_open", "files_max", "tcp6_inuse", "udp6_inuse",
            ])
    }

    @Test("The names of cpu, disk, filesystem and network are final")
    func otherNames() {
        #expect(names(.cpu) == ["cpu"] + Self.times + ["frequency_hz"])
        #expect(
            names(.disk) == [
                "device", "reads", "reads_merged", "read_sectors", "read_us", "writes", "writes_merged", "write_sectors", "write_us",
                "in_flight", "io_us", "weighted_io_us", "discards", "discards_merged", "discard_sectors", "discard_us", "flushes",
                "flush_us",
            ])
        #expect(names(.filesystem) == ["mount", "device", "type", "size_bytes", "free_bytes", "available_bytes", "files", "files_free"])
        #expect(
            names(.network) == [
                "interface", "rx_bytes", "rx_packets", "rx_errors", "rx_dropped", "rx_fifo", "tx_bytes", "tx_packets", "tx_errors",
                "tx_dropped", "tx_fifo", "rx_frame", "rx_multicast", "tx_collisions", "tx_carrier", "rx_compressed", "tx_compressed",
                "state", "speed_bytes_per_second",
            ])
    }

    @Test("Units follow from the names, or are said")
    func units() throws {
        func unit(_ id: TableID, _ name: String) throws -> String {
            try #require(Catalogue.table(id).columns.first { $0.name == name }).unit
        }
        #expect(try unit(.host, "cpu_user_us") == "microseconds")
        #expect(try unit(.host, "memory_free_bytes") == "bytes")
        #expect(try unit(.host, "memory_percent") == "percent")
        #expect(try unit(.host, "nr_mapped") == "pages")
        #expect(try unit(.host, "pgpgin") == "KiB")
        #expect(try unit(.host, "forks") == "count")
        #expect(try unit(.cpu, "frequency_hz") == "hertz")
        #expect(try unit(.disk, "read_sectors") == "sectors")
        #expect(try unit(.filesystem, "mount") == "")
    }

    @Test("Every table has columns, no name twice, and a source and a meaning for each")
    func everyTable() {
        #expect(Catalogue.tables.map(\.id) == TableID.allCases)
        for table in Catalogue.tables {
            #expect(!table.columns.isEmpty, "\(table.id)")
            #expect(Set(table.columns.map(\.name)).count == table.columns.count, "\(table.id)")
            for column in table.columns { #expect(!column.source.isEmpty && !column.meaning.isEmpty, "\(table.id) \(column.name)") }
        }
    }

    @Test("A row has as many cells as its table has columns")
    func cellCount() {
        var rows = TickRows()
        rows.append(host: HostReading())
        rows.withRows(.host) { row in
            let commas = row.withUnsafeBytes { $0.filter { $0 == UInt8(ascii: ",") }.count }
            #expect(commas + 1 == Catalogue.table(.host).columns.count)
        }
    }
}
