extension Timestamp {
    /// Reads an instant of RFC 3339 with up to nine decimals, in UTC or with an offset: `2026-11-21T09:00:35.890115018Z`.
    ///
    /// - Returns: nanoseconds since 1970; `nil` when it isn't an instant from the year 1970 to 2261, so also for the year 1, by which Docker's
    ///   engine means "never".
    package static func nanoseconds(_ text: RawSpan) -> Int64? {
        // `YYYY-MM-DDThh:mm:ss` and at least `Z`.
        guard text.byteCount >= 20 else { return nil }
        let cursor = ByteCursor(text)
        guard cursor.byte(4) == UInt8(ascii: "-"), cursor.byte(7) == UInt8(ascii: "-"), cursor.byte(10) | 0x20 == UInt8(ascii: "t"),
            cursor.byte(13) == UInt8(ascii: ":"), cursor.byte(16) == UInt8(ascii: ":"),
            let year = digits(cursor, 0, 4), let month = digits(cursor, 5, 2), let day = digits(cursor, 8, 2),
            let hour = digits(cursor, 11, 2), let minute = digits(cursor, 14, 2), let second = digits(cursor, 17, 2),
            (1970...2261).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }

        var index = 19
        var fraction: Int64 = 0
        if cursor.byte(index) == UInt8(ascii: ".") {
            index += 1
            var place: Int64 = 100_000_000
            while index < cursor.end, let digit = digits(cursor, index, 1) {
                fraction += digit * place
                place /= 10
                index += 1
            }
        }
        guard index < cursor.end, let offset = zone(cursor, index, cursor.end) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }

    package static func nanoseconds(_ text: String) -> Int64? { nanoseconds(text.utf8.span.bytes) }

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
