/// An instant as Sonde writes it everywhere: UTC, RFC 3339, microseconds, `2026-11-21T08:00:00.000000Z`.
package enum Timestamp {
    package static let length = 27

    /// Instants that are accepted from another program, in microseconds: from 1970 to 2255. Within this range differences, sums of a few
    /// instants, and their nanoseconds fit in 64 bits.
    package static let plausible: ClosedRange<Int64> = 0...1 << 53

    /// Appends `microseconds` since 1970, without allocating. Outside of the years 0 to 9999, where nothing was ever measured, the year is wrong.
    package static func append(_ microseconds: Int64, to out: inout ByteWriter) {
        let (seconds, fraction) = floorDivide(microseconds, 1_000_000)
        let (days, second) = floorDivide(seconds, 86400)
        let (year, month, day) = civil(days: days)
        append(UInt64(clamping: year), digits: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        append(UInt64(month), digits: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        append(UInt64(day), digits: 2, to: &out)
        out.append(UInt8(ascii: "T"))
        append(UInt64(second / 3600), digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(UInt64(second / 60 % 60), digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(UInt64(second % 60), digits: 2, to: &out)
        out.append(UInt8(ascii: "."))
        append(UInt64(fraction), digits: 6, to: &out)
        out.append(UInt8(ascii: "Z"))
    }

    package static func string(_ microseconds: Int64) -> String {
        var out = ByteWriter(capacity: 64)
        append(microseconds, to: &out)
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a text has the form of an instant, as `append` writes it.
    package static func isInstant(_ text: RawSpan) -> Bool {
        let pattern: StaticString = "0000-00-00T00:00:00.000000Z"
        guard text.byteCount == pattern.utf8CodeUnitCount else { return false }
        for index in 0..<text.byteCount {
            let byte = text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let model = pattern.utf8Start[index]
            guard model == UInt8(ascii: "0") ? byte &- UInt8(ascii: "0") < 10 : byte == model else { return false }
        }
        return true
    }

    private static func append(_ value: UInt64, digits: Int, to out: inout ByteWriter) {
        var place: UInt64 = 1
        for _ in 1..<digits { place *= 10 }
        while place > 0 {
            out.append(UInt8(ascii: "0") + UInt8(value / place % 10))
            place /= 10
        }
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    /// The Gregorian date of a count of days since 1970-01-01. It counts in 400-year eras of 146,097 days that begin in March,
    /// so that the leap day is the last of its year.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
