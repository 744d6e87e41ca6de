#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Turns the kernel's units into the catalogue's base units: microseconds and bytes.
///
/// A product that does not fit in 64 bits means that the file is garbage: the value is `nil`.
package enum KernelUnits {
    /// `USER_HZ`: the clock ticks per second in which /proc counts processor time, independent of the kernel's own timer.
    private static let ticksPerSecond = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))

    /// Microseconds of a time in clock ticks (proc(5), sysconf(3)).
    package static func microseconds(ticks: UInt64?) -> UInt64? {
        guard let product = scaled(ticks, by: 1_000_000) else { return nil }
        return product / ticksPerSecond
    }

    /// Microseconds of a time in milliseconds.
    package static func microseconds(milliseconds: UInt64?) -> UInt64? { scaled(milliseconds, by: 1000) }

    /// Bytes of an amount in "kB", by which the kernel means 1024 bytes.
    package static func bytes(kilobytes: UInt64?) -> UInt64? { scaled(kilobytes, by: 1024) }

    @inline(__always) package static func scaled(_ value: UInt64?, by factor: UInt64) -> UInt64? {
        guard let value else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
