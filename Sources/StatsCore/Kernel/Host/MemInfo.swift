/// `/proc/meminfo`: how the host's memory is used, in bytes (proc_meminfo(5)).
///
///     MemTotal:       24684092 kB
///     MemFree:        23415060 kB
///     MemAvailable:   24098484 kB
///     Active(anon):       1544 kB
package struct MemInfo: Sendable {
    package enum Key: Int, LineKey {
        case total, free, available, buffers, cached, active, inactive, dirty, writeback, anon, mapped, shmem
        case slabReclaimable, slabUnreclaimable, kernelStack, pageTables, committed, swapTotal, swapFree

        init?(name: String) {
            switch name {
            case "MemTotal": self = .total
            case "MemFree": self = .free
            case "MemAvailable": self = .available
            case "Buffers": self = .buffers
            case "Cached": self = .cached
            case "Active": self = .active
            case "Inactive": self = .inactive
            case "Dirty": self = .dirty
            case "Writeback": self = .writeback
            case "AnonPages": self = .anon
            case "Mapped": self = .mapped
            case "Shmem": self = .shmem
            case "SReclaimable": self = .slabReclaimable
            case "SUnreclaim": self = .slabUnreclaimable
            case "KernelStack": self = .kernelStack
            case "PageTables": self = .pageTables
            case "Committed_AS": self = .committed
            case "SwapTotal": self = .swapTotal
            case "SwapFree": self = .swapFree
            default: return nil
            }
        }
    }

    private var lines = KeyedLines<Key>()

    package init() {}

    package mutating func update(parsing bytes: RawSpan) { lines.update(parsing: bytes) }

    /// The amount in bytes.
    package subscript(key: Key) -> UInt64? { KernelUnits.bytes(kilobytes: lines[key]) }

    /// The share of memory that a new program could not get without swapping: (total − available) / total, 0…100.
    /// `nil` before Linux 3.14, which does not estimate what is available.
    package var usedPercent: Double? {
        guard let total = lines[.total], total > 0, let available = lines[.available], available <= total else { return nil }
        return Double(total - available) / Double(total) * 100
    }
}
