#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `/proc/<pid>/statm`: memory of a process, given in bytes.
///
///     765 439 410 5 0 123 0
///
/// The kernel counts in pages: size, resident, shared, text, lib (0), data + stack, dirty (0). Here they are bytes. Source: proc_pid_statm(5).
package struct PidStatm: Sendable, Equatable {
    package var size: UInt64?
    package var resident: UInt64?
    package var shared: UInt64?
    package var text: UInt64?
    package var data: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        size = Self.pages(&cursor)
        resident = Self.pages(&cursor)
        shared = Self.pages(&cursor)
        text = Self.pages(&cursor)
        guard cursor.wholeDecimal() != nil else { return }
        data = Self.pages(&cursor)
    }

    @inline(__always) private static func pages(_ cursor: inout ByteCursor) -> UInt64? {
        KernelUnits.scaled(cursor.wholeDecimal(), by: pageSize)
    }

    package static let pageSize = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
}
