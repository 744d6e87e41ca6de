/// `/proc/uptime`: seconds since boot, suspended time included, and idle seconds summed over the cores (proc_uptime(5)).
///
///     992.36 1414.41
package struct Uptime: Sendable, Equatable {
    /// Since boot, in steps of 10 ms.
    package private(set) var microseconds: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes.completeLines)
        guard var value = KernelUnits.scaled(cursor.decimal(), by: 1_000_000) else { return }
        // In whole numbers: seconds as a Double would lose the last digits.
        if cursor.skip(UInt8(ascii: ".")) {
            var place: UInt64 = 100_000
            while let digit = cursor.peek.map({ $0 &- UInt8(ascii: "0") }), digit < 10 {
                value &+= UInt64(digit) * place
                place /= 10
                cursor.move(to: cursor.offset + 1)
            }
        }
        microseconds = value
    }
}
