import StatsCore

/// One container's counters at one instant, read by the engine.
struct EngineReading: Sendable, Equatable {
    var counters: ContainerCounters
    /// CPU time of the whole host, nanoseconds. Docker's `cpu_percent` divides by it.
    var systemCPU: UInt64?
    var onlineCPUs: Int?
    /// When the engine read it, nanoseconds since 1970 by its clock.
    var wall: Int64
    /// The same instant in monotonic nanoseconds.
    var monotonic: UInt64
}

/// Reads the answer of `GET /containers/<id>/stats`, for containers under cgroup v1 and v2.
///
///     {"read":"2026-11-21T09:00:35.890115018Z","pids_stats":{"current":8},"blkio_stats":{…},
///      "cpu_stats":{"cpu_usage":{"total_usage":143359895,…},"system_cpu_usage":2194030000000,"online_cpus":2,…},
///      "memory_stats":{"usage":1318912,"stats":{…},"limit":67108864},"networks":{"eth0":{"rx_bytes":1166,…}}}
///
/// It builds nothing but the result: the answer is validated once, and members are found by their bytes.
/// Times are nanoseconds in the answer and microseconds in the result. Source: Docker Engine API 1.41, ContainerStats.
enum EngineStats {
    /// - Returns: `nil` when the container does not run; the engine then writes the year 1 as the time of reading.
    /// - Throws: `JSONFault` when the bytes are not one JSON object.
    static func decode(_ bytes: RawSpan) throws(JSONFault) -> EngineReading? {
        try JSONScanner.validate(bytes)
        var reading = EngineReading(counters: ContainerCounters(), wall: 0, monotonic: 0)
        var scanner = JSONScanner(bytes)
        let cursor = ByteCursor(bytes)
        var isRunning = false
        scanner.members { key, value in
            if cursor.matches(key, "read") {
                guard value.count > 2, let instant = Timestamp.nanoseconds(bytes.extracting(value.lowerBound + 1..<value.upperBound - 1)),
                    instant > 0
                else { return }
                reading.wall = instant
                isRunning = true
            } else if cursor.matches(key, "cpu_stats") {
                decodeCPU(bytes, value, into: &reading)
            } else if cursor.matches(key, "memory_stats") {
                decodeMemory(bytes, value, into: &reading.counters)
            } else if cursor.matches(key, "blkio_stats") {
                decodeBlockIO(bytes, value, into: &reading.counters)
            } else if cursor.matches(key, "networks") {
                decodeNetworks(bytes, value, into: &reading.counters.network)
            } else if cursor.matches(key, "pids_stats") {
                decodePids(bytes, value, into: &reading.counters)
            }
        }
        return isRunning ? reading : nil
    }

    private static func decodeCPU(_ bytes: RawSpan, _ range: Range<Int>, into reading: inout EngineReading) {
        let cursor = ByteCursor(bytes)
        members(bytes, range) { key, value in
            if cursor.matches(key, "cpu_usage") {
                members(bytes, value) { key, value in
                    if cursor.matches(key, "total_usage") {
                        reading.counters.cpu = microseconds(bytes, value)
                    } else if cursor.matches(key, "usage_in_usermode") {
                        reading.counters.cpuUser = microseconds(bytes, value)
                    } else if cursor.matches(key, "usage_in_kernelmode") {
                        reading.counters.cpuSystem = microseconds(bytes, value)
                    }
                }
            } else if cursor.matches(key, "system_cpu_usage") {
                reading.systemCPU = number(bytes, value)
            } else if cursor.matches(key, "online_cpus") {
                reading.onlineCPUs = number(bytes, value).flatMap { $0 > 0 ? Int(clamping: $0) : nil }
            } else if cursor.matches(key, "throttling_data") {
                members(bytes, value) { key, value in
                    if cursor.matches(key, "periods") {
                        reading.counters.cpuPeriods = number(bytes, value)
                    } else if cursor.matches(key, "throttled_periods") {
                        reading.counters.cpuThrottledPeriods = number(bytes, value)
                    } else if cursor.matches(key, "throttled_time") {
                        reading.counters.cpuThrottled = microseconds(bytes, value)
                    }
                }
            }
        }
    }

    private static func decodePids(_ bytes: RawSpan, _ range: Range<Int>, into counters: inout ContainerCounters) {
        let cursor = ByteCursor(bytes)
        members(bytes, range) { key, value in
            if cursor.matches(key, "current") {
                counters.pids = number(bytes, value)
            } else if cursor.matches(key, "limit") {
                counters.pidsLimit = limit(bytes, value)
            }
        }
    }

    /// Summed over the interfaces that count. A container on the host's network has no `networks` at all.
    private static func decodeNetworks(_ bytes: RawSpan, _ range: Range<Int>, into totals: inout NetDevTotals) {
        let cursor = ByteCursor(bytes)
        var traffic = NamespaceTraffic()
        members(bytes, range) { name, interface in
            var line = NetDevTotals()
            members(bytes, interface) { key, value in
                if cursor.matches(key, "rx_bytes") {
                    line.rxBytes = number(bytes, value)
                } else if cursor.matches(key, "rx_packets") {
                    line.rxPackets = number(bytes, value)
                } else if cursor.matches(key, "rx_errors") {
                    line.rxErrors = number(bytes, value)
                } else if cursor.matches(key, "rx_dropped") {
                    line.rxDropped = number(bytes, value)
                } else if cursor.matches(key, "tx_bytes") {
                    line.txBytes = number(bytes, value)
                } else if cursor.matches(key, "tx_packets") {
                    line.txPackets = number(bytes, value)
                } else if cursor.matches(key, "tx_errors") {
                    line.txErrors = number(bytes, value)
                } else if cursor.matches(key, "tx_dropped") {
                    line.txDropped = number(bytes, value)
                }
            }
            traffic.add(line, of: NamespaceInterface(bytes, name))
        }
        totals = traffic.totals ?? NetDevTotals()
    }

    // MARK: Members and numbers

    @inline(__always) static func members(_ bytes: RawSpan, _ range: Range<Int>, _ body: (Range<Int>, Range<Int>) -> Void) {
        var scanner = JSONScanner(bytes, at: range.lowerBound)
        scanner.members(body)
    }

    /// `nil` for anything but a whole number below 2^64 − 1; engines write that number for "unknown" or "no limit".
    @inline(__always) static func number(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        var cursor = ByteCursor(bytes, at: range.lowerBound)
        guard let value = cursor.decimal(), cursor.offset == range.upperBound, value != .max else { return nil }
        return value
    }

    /// A limit; `nil` for 0, which means "not set", and for the kernel's "unlimited", which is the largest number of whole pages below 2^63.
    @inline(__always) static func limit(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        number(bytes, range).flatMap { $0 == 0 || $0 >= 1 << 62 ? nil : $0 }
    }

    @inline(__always) static func microseconds(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        number(bytes, range).map { $0 / 1000 }
    }

    @inline(__always) static func add(_ value: UInt64?, to sum: inout UInt64?) {
        guard let value else { return }
        sum = (sum ?? 0) &+ value
    }
}
