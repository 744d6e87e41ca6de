import ArgumentParser

// What options hold. A declaration's default is shown by `description`, as it would be written on a command line.

extension Interval: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { description }

    /// For options of commands: what isn't a time is answered with the right form.
    /// - Throws: `ValidationError`.
    @Sendable package static func given(_ text: String) throws -> Interval {
        if let interval = Interval(text) { return interval }
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        if Double(digits) == 0 { throw ValidationError("A time is longer than zero: 500ms, 10s, 5m, 2h.") }
        guard text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }), let number = Double(text), number > 0 else {
            throw ValidationError("A time is a number with a unit: 500ms, 10s, 5m, 2h.")
        }
        throw ValidationError("A time has a unit: write \(text)s for seconds, or \(text)ms, \(text)m, \(text)h.")
    }
}

extension ListenAddress: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { description }
}

/// How much disk something may take.
package struct DiskSize: Sendable, Equatable, ExpressibleByArgument, CustomStringConvertible {
    package let bytes: UInt64

    package init(bytes: UInt64) { self.bytes = bytes }

    /// - Parameter argument: 64KiB or more, such as 256MiB or 2GiB.
    package init?(argument: String) {
        guard let bytes = ByteSize.parse(argument) else { return nil }
        self.bytes = bytes
    }

    package static func mebibytes(_ count: UInt64) -> DiskSize { DiskSize(bytes: count << 20) }
    package static func gibibytes(_ count: UInt64) -> DiskSize { DiskSize(bytes: count << 30) }

    package var description: String {
        for (shift, unit) in [(30, "GiB"), (20, "MiB")] where bytes.trailingZeroBitCount >= shift { return "\(bytes >> shift)\(unit)" }
        return "\(bytes >> 10)KiB"
    }

    package var defaultValueDescription: String { description }
}
