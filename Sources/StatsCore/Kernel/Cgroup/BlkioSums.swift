/// A version 1 blkio statistic summed over devices:
///
///     8:0 Read 90112
///     8:0 Write 0
///     8:0 Sync 90112
///     8:0 Async 0
///     8:0 Discard 0
///     8:0 Total 90112
///     Total 90112
///
/// The last line ends the file: without it the file was cut short, and the sums would lack some devices.
///
/// `Total 0` alone says nothing: newer kernels count here only what passes a throttled device, so that a container without a limit has no device's line
/// for ever, whatever it reads and writes (blk_throtl_init() as of 6.10). Before its first transfer an older kernel writes the same.
/// Kernels before 4.20 have no `Discard`.
struct BlkioSums {
    private(set) var read: UInt64 = 0
    private(set) var write: UInt64 = 0
    private(set) var sync: UInt64 = 0
    private(set) var async: UInt64 = 0
    private(set) var discard: UInt64?
    private(set) var total: UInt64 = 0

    init?(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        var hasDevice = false
        while !cursor.isAtEnd {
            let device = cursor.word()
            if cursor.matches(device, "Total") {
                guard hasDevice, let value = cursor.wholeDecimal() else { return nil }
                total = value
                return
            }
            hasDevice = true
            let operation = cursor.word()
            guard let value = cursor.wholeDecimal() else { return nil }
            if cursor.matches(operation, "Read") {
                read &+= value
            } else if cursor.matches(operation, "Write") {
                write &+= value
            } else if cursor.matches(operation, "Sync") {
                sync &+= value
            } else if cursor.matches(operation, "Async") {
                async &+= value
            } else if cursor.matches(operation, "Discard") {
                discard = (discard ?? 0) &+ value
            }
            cursor.skipLine()
        }
        return nil
    }
}
