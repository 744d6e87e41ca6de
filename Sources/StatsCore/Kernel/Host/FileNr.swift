/// `/proc/sys/fs/file-nr`: file handles allocated, allocated but unused, and the most there may be (proc_sys_fs(5)).
///
///     572	0	2466177
package struct FileNr: Sendable, Equatable {
    /// Handles in use; the unused column has been 0 since Linux 2.6.
    package private(set) var open: UInt64?
    package private(set) var limit: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes.completeLines)
        guard let allocated = cursor.wholeDecimal(), let unused = cursor.wholeDecimal() else { return }
        open = allocated >= unused ? allocated - unused : nil
        limit = cursor.wholeDecimal()
    }
}
