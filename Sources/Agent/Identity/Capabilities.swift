import StatsCore

/// A process's privileges, from the line `CapEff` of `/proc/<pid>/status` (capabilities(7)).
struct Capabilities: Equatable {
    private let bits: UInt64

    /// - Returns: `nil` when `status` has no such line.
    init?(status: String) {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let digits = line.split(whereSeparator: \.isWhitespace).last, let bits = UInt64(digits, radix: 16)
        else { return nil }
        self.bits = bits
    }

    /// The capabilities of this process.
    static var own: Capabilities? {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce("/proc/self/status", into: &buffer)) != nil else { return nil }
        return buffer.bytes.withUnsafeBytes { Capabilities(status: String(decoding: $0, as: UTF8.self)) }
    }

    /// Whether they suffice to read `/proc/<pid>/io` of every process, including those of other users and those with more capabilities.
    var readsEveryProcess: Bool { (has(Self.dacOverride) || has(Self.dacReadSearch)) && has(Self.sysPtrace) }

    private func has(_ capability: UInt64) -> Bool { bits & 1 << capability != 0 }

    private static let dacOverride: UInt64 = 1
    private static let dacReadSearch: UInt64 = 2
    private static let sysPtrace: UInt64 = 19
}
