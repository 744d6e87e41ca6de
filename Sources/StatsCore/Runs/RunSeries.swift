/// The series that a run's name puts it into: `exp-3` comes after `exp-2`, `exp_2026-11-27.10` after `exp_2026-11-27.9`.
///
/// A series are the runs in one directory whose names are the same but for digits, and `-`, `_` and `.` between them, at the end.
package struct RunSeries: Sendable, Equatable {
    /// What all names of the series begin with.
    package let prefix: String
    /// The numbers behind it, without leading zeros, which put its runs in order. They may be longer than any integer.
    private let numbers: [String]

    /// - Parameter name: of a directory.
    package init(_ name: some StringProtocol) {
        let isNumbering: (UInt8) -> Bool = { (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
        let bytes = Array(name.utf8)
        let end = bytes.count - bytes.reversed().prefix(while: isNumbering).count
        prefix = String(decoding: bytes[..<end], as: UTF8.self)
        numbers = bytes[end...].split { !(0x30...0x39).contains($0) }.map { String(decoding: $0.drop { $0 == 0x30 }, as: UTF8.self) }
    }

    /// Whether this run comes earlier in the same series.
    package func precedes(_ other: RunSeries) -> Bool {
        guard prefix == other.prefix else { return false }
        for (one, two) in zip(numbers, other.numbers) where one != two {
            return one.utf8.count == two.utf8.count ? one < two : one.utf8.count < two.utf8.count
        }
        return numbers.count < other.numbers.count
    }
}
