import StatsCore

/// The engine's way of writing an instant: RFC 3339 with up to nine decimals, `2026-11-21T09:00:35.890115018Z` or with an offset.
enum EngineInstant {
    /// Nanoseconds since 1970 of the quoted text in `range`; `nil` when it isn't an instant from the year 1970 to 2261, so also for the
    /// year 1, by which the engine means "never".
    static func nanoseconds(_ bytes: RawSpan, _ range: Range<Int>) -> Int64? {
        // `"YYYY-MM-DDThh:mm:ss` and at least `Z"`.
        guard range.count >= 22, range.upperBound <= bytes.byteCount else { return nil }
        let start = range.lowerBound + 1
        let end = range.upperBound - 1
        let cursor = ByteCursor(bytes)
        guard cursor.byte(start + 4) == UInt8(ascii: "-"), cursor.byte(start + 7) == UInt8(ascii: "-"),
            cursor.byte(start + 10) | 0x20 == UInt8(ascii: "t"), cursor.byte(start + 13) == UInt8(ascii: ":"),
            cursor.byte(start + 16) == UInt8(ascii: ":"),
            let year = digits(cursor, start, 4), let month = digits(cursor, start + 5, 2), let day = digits(cursor, start + 8, 2),
            let hour = digits(cursor, start + 11, 2), let minute = digits(cursor, start + 14, 2),
            let second = digits(cursor, start + 17, 2),
            (1970...2261).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }

        var index = start + 19
        var fraction: Int64 = 0
        if cursor.byte(index) == UInt8(ascii: ".") {
            index += 1
            var place: Int64 = 100_000_000
            while index < end, let digit = digits(cursor, index, 1) {
                fraction += digit * place
                place /= 10
                index += 1
            }
        }
        guard index < end, let offset = zone(cursor, index, end) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }

    static func nanoseconds(_ text: String) -> Int64? {
        let quoted = Array("\"\(text)\"".utf8)
        return nanoseconds(quoted.span.bytes, 0..<quoted.count)
    }

    /// The offset from UTC in seconds.
    private static func zone(_ cursor: borrowing ByteCursor, _ index: Int, _ end: Int) -> Int64? {
        let sign = cursor.byte(index)
        if sign | 0x20 == UInt8(ascii: "z") { return index + 1 == end ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), index + 6 == end, cursor.byte(index + 3) == UInt8(ascii: ":"),
            let hours = digits(cursor, index + 1, 2), let minutes = digits(cursor, index + 4, 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func digits(_ cursor: borrowing ByteCursor, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            let digit = cursor.byte(index) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    /// Days from 1970-01-01 to a Gregorian date: whole years, their leap days, and the days of the months before.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let past = year - 1
        let leapDays = past / 4 - past / 100 + past / 400 - 477
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let before: [12 of Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return (year - 1970) * 365 + leapDays + before[Int(month) - 1] + (isLeap && month > 2 ? 1 : 0) + day - 1
    }
}
