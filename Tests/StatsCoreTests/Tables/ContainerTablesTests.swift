import Testing

@testable import StatsCore

/// Names of columns are final: this list, not the code, is the contract.
@Suite("Columns of containers, processes, agents and events") struct ContainerTablesTests {
    @Test("The container table has the catalogue's columns")
    func containerTable() {
        #expect(
            names(.container)
                == words(
                    """
                    container_id container image source sample_age_us compose_project compose_service swarm_service swarm_task
                    swarm_node kubernetes_namespace kubernetes_pod kubernetes_container kubernetes_pod_uid state health restarts
                    cpu_us cpu_user_us cpu_system_us cpu_periods cpu_throttled_periods cpu_throttled_us cpu_percent cpu_limit
                    memory_usage_bytes memory_limit_bytes memory_percent memory_working_set_bytes memory_peak_bytes memory_rss_bytes
                    memory_cache_bytes memory_mapped_file_bytes memory_kernel_bytes memory_swap_bytes active_anon_bytes
                    inactive_anon_bytes active_file_bytes inactive_file_bytes unevictable_bytes pgfault pgmajfault pgpgin pgpgout
                    memory_failures oom_kills io_read_bytes io_write_bytes io_discard_bytes io_sync_bytes io_async_bytes io_total_bytes
                    io_reads io_writes rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors tx_dropped pids pids_limit
                    psi_cpu_some_us psi_memory_some_us psi_memory_full_us psi_io_some_us psi_io_full_us network started_us
                    names memory_high_bytes memory_low_bytes memory_min_bytes memory_swap_limit_bytes memory_high_events memory_oom_events
                    oom_group_kills swap_failures anon_thp_bytes shmem_bytes slab_bytes sock_bytes file_dirty_bytes file_writeback_bytes
                    swap_cached_bytes zswap_bytes pgscan pgsteal workingset_refault_anon workingset_refault_file cpu_bursts cpu_burst_us
                    cpu_weight psi_cpu_full_us cpu_throttled_local_us pids_peak pids_limit_hits io_discards
                    """))
    }

    @Test("The process table has the catalogue's columns")
    func processTable() {
        #expect(
            names(.process)
                == words(
                    """
                    container_id container pid ppid start_us comm state threads cpu_user_us cpu_system_us children_user_us
                    children_system_us block_delay_us cpu_percent vsz_bytes rss_bytes shared_bytes text_bytes data_bytes memory_percent
                    swap_bytes minor_faults major_faults read_chars write_chars read_syscalls write_syscalls read_bytes write_bytes
                    cancelled_write_bytes voluntary_switches involuntary_switches unit uid user peak_rss_bytes
                    exit_code exit_signal
                    nice open_files uss_bytes pss_bytes
                    """))
    }

    @Test("The agent and event tables have the catalogue's columns")
    func agentAndEventTables() {
        #expect(
            names(.agent)
                == words(
                    """
                    lateness_us read_us cpu_us rss_bytes open_files spool_bytes queued_frames read_errors engine_cpu_us clock_offset_us
                    clock_error_us host_late filesystem_late container_late process_late processes_left_out unit_late
                    exits_left_out metric_late
                    """))
        #expect(names(.event) == words("kind container_id container pid exit_code message detail"))
    }

    @Test("Every column says where it comes from and what it means", arguments: [TableID.container, .process, .agent, .event])
    func sources(
        table: TableID
    ) {
        for column in Catalogue.table(table).columns {
            #expect(!column.source.isEmpty && !column.meaning.isEmpty, "\(column.name)")
            #expect(column.type == .text || !column.unit.isEmpty, "\(column.name)")
            #expect(!column.name.hasSuffix("_us") || column.unit == "microseconds", "\(column.name)")
        }
    }

    private func names(_ table: TableID) -> [String] { Catalogue.table(table).columns.map(\.name) }

    private func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}
