/// `/proc/<pid>/status`: the few values that no other file has.
///
///     Name:	cat
///     Uid:	1000	1000	1000	1000
///     VmHWM:	    1396 kB
///     VmSwap:	       0 kB
///     voluntary_ctxt_switches:	4
///     nonvoluntary_ctxt_switches:	1
///
/// The second uid is the effective one, by which the kernel decides what the process may do. A kernel thread and a zombie have no `Vm…`. The switches are those of the first thread only. Source: proc_pid_status(5).
package struct PidStatus: Sendable, Equatable {
    /// The effective user.
    package var uid: UInt64?
    /// The most resident memory so far, in bytes.
    package var peakResident: UInt64?
    /// Bytes.
    package var swap: UInt64?
    package var voluntarySwitches: UInt64?
    package var involuntarySwitches: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            // Only five of some sixty lines matter; the first letter rules out most of the others.
            switch cursor.peek {
            case UInt8(ascii: "U"):
                if let key = cursor.field(upTo: UInt8(ascii: ":")), cursor.matches(key, "Uid"), cursor.wholeDecimal() != nil {
                    uid = cursor.wholeDecimal()
                }
            case UInt8(ascii: "V"):
                guard let key = cursor.field(upTo: UInt8(ascii: ":")) else { break }
                if cursor.matches(key, "VmSwap") {
                    swap = Self.kilobytes(&cursor)
                } else if cursor.matches(key, "VmHWM") {
                    peakResident = Self.kilobytes(&cursor)
                }
            case UInt8(ascii: "v"):
                if let key = cursor.field(upTo: UInt8(ascii: ":")), cursor.matches(key, "voluntary_ctxt_switches") {
                    voluntarySwitches = cursor.wholeDecimal()
                }
            case UInt8(ascii: "n"):
                if let key = cursor.field(upTo: UInt8(ascii: ":")), cursor.matches(key, "nonvoluntary_ctxt_switches") {
                    involuntarySwitches = cursor.wholeDecimal()
                }
            default: break
            }
            cursor.skipLine()
        }
    }

    private static func kilobytes(_ cursor: inout ByteCursor) -> UInt64? {
        guard let value = cursor.wholeDecimal() else { return nil }
        return cursor.matches(cursor.word(), "kB") ? KernelUnits.bytes(kilobytes: value) : nil
    }
}
