/// `/proc/<pid>/io`: what a process has read and written. Only root and its own user may read it.
///
///     rchar: 7298
///     wchar: 322
///     syscr: 14
///     syscw: 2
///     read_bytes: 0
///     write_bytes: 0
///     cancelled_write_bytes: 0
///
/// Source: proc_pid_io(5).
package struct PidIO: Sendable, Equatable {
    package var readChars: UInt64?
    package var writeChars: UInt64?
    package var readCalls: UInt64?
    package var writeCalls: UInt64?
    package var readBytes: UInt64?
    package var writeBytes: UInt64?
    package var cancelledWriteBytes: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        while let key = cursor.field(upTo: UInt8(ascii: ":")) {
            let value = cursor.wholeDecimal()
            if cursor.matches(key, "rchar") {
                readChars = value
            } else if cursor.matches(key, "wchar") {
                writeChars = value
            } else if cursor.matches(key, "syscr") {
                readCalls = value
            } else if cursor.matches(key, "syscw") {
                writeCalls = value
            } else if cursor.matches(key, "read_bytes") {
                readBytes = value
            } else if cursor.matches(key, "write_bytes") {
                writeBytes = value
            } else if cursor.matches(key, "cancelled_write_bytes") {
                cancelledWriteBytes = value
            }
            cursor.skipLine()
        }
    }
}
