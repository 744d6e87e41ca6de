/// `/proc/pressure/{cpu,memory,io}` and a cgroup's `*.pressure`: time lost waiting for a resource (Documentation/accounting/psi.rst).
///
///     some avg10=22.70 avg60=13.12 avg300=8.04 total=87922705
///     full avg10=0.00 avg60=0.00 avg300=0.00 total=0
///
/// Kernels before 5.13 have no `full` line for the processor.
package struct Pressure: Sendable, Equatable {
    /// Microseconds in which at least one task waited.
    package private(set) var some: UInt64?
    /// Microseconds in which all tasks that weren't idle waited at once.
    package private(set) var full: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes.completeLines)
        while !cursor.isAtEnd {
            let kind = cursor.word()
            if cursor.matches(kind, "some") {
                some = Self.total(&cursor)
            } else if cursor.matches(kind, "full") {
                full = Self.total(&cursor)
            }
            cursor.skipLine()
        }
    }

    private static func total(_ line: inout ByteCursor) -> UInt64? {
        let name = 6
        while true {
            let word = line.word()
            if word.isEmpty { return nil }
            guard word.count > name, line.matches(word.lowerBound..<word.lowerBound + name, "total=") else { continue }
            line.move(to: word.lowerBound + name)
            return line.wholeDecimal()
        }
    }
}
