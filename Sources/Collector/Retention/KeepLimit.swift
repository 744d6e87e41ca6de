import ArgumentParser
import StatsCore

/// How much of the past is kept: `--keep 30d`, `--keep 20GiB`, or both with a comma in between.
struct KeepLimit: Sendable, Equatable, ExpressibleByArgument, CustomStringConvertible {
    /// How long (µs) after its end a run is kept; `nil` for ever.
    var age: Int64?
    /// How many bytes all runs may take on the disk; `nil` for as many as there are.
    var bytes: UInt64?

    init(age: Int64? = nil, bytes: UInt64? = nil) { (self.age, self.bytes) = (age, bytes) }

    init?(argument: String) {
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let text = String(part.drop { $0 == " " })
            if let size = ByteSize.parse(text), bytes == nil {
                bytes = size
            } else if let time = Self.age(text), age == nil {
                age = time
            } else {
                return nil
            }
        }
    }

    private static let day: Int64 = 86_400_000_000

    /// Days, up to a hundred years, or a time as other options take it.
    private static func age(_ text: String) -> Int64? {
        if text.hasSuffix("d") {
            return Int64(text.dropLast()).flatMap { (1...36_500).contains($0) && !text.hasPrefix("+") ? $0 * day : nil }
        }
        return Interval(text)?.microseconds
    }

    /// The limits of several options as one.
    /// - Throws: `ValidationError` when one of them is given twice.
    static func merged(_ limits: [KeepLimit]) throws -> KeepLimit {
        try limits.reduce(into: KeepLimit()) { all, more in
            if all.age != nil && more.age != nil || all.bytes != nil && more.bytes != nil {
                throw ValidationError("--keep takes one time and one size, not two of the same")
            }
            all.age = all.age ?? more.age
            all.bytes = all.bytes ?? more.bytes
        }
    }

    /// As on a command line.
    var description: String {
        [age.map(Self.text), bytes.map { DiskSize(bytes: $0).description }].compactMap(\.self).joined(separator: ",")
    }

    private static func text(_ age: Int64) -> String { age % day == 0 ? "\(age / day)d" : Interval(microseconds: age).description }
}
