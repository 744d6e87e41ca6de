/// `/proc/diskstats`: what every block device did since it appeared (Documentation/admin-guide/iostats.rst).
///
///     254       0 vda 41185 9258 6206138 28194 14900 37152 3649376 12012 0 9320 40622 2301 0 320560 337 1902 78
///     253       0 zram0 0 0 0 0 0 0 0 0 0 0 0
///
/// Linux before 4.18 ends after the eleventh value, before 5.5 after the discards. Some drivers let the requests in flight fall below zero: such
/// a value is absent, and the values after it are read all the same.
package struct DiskStats: Sendable {
    /// One device: counts, sectors (always of 512 bytes, whatever the device's own size is), and times in microseconds.
    package struct Device: Sendable, Equatable {
        package internal(set) var name: EncodedText?
        package internal(set) var reads: UInt64?
        package internal(set) var readsMerged: UInt64?
        package internal(set) var readSectors: UInt64?
        package internal(set) var readTime: UInt64?
        package internal(set) var writes: UInt64?
        package internal(set) var writesMerged: UInt64?
        package internal(set) var writeSectors: UInt64?
        package internal(set) var writeTime: UInt64?
        package internal(set) var inFlight: UInt64?
        /// Time in which at least one request was in flight.
        package internal(set) var ioTime: UInt64?
        /// `ioTime`, weighted by the number of requests in flight.
        package internal(set) var weightedIOTime: UInt64?
        package internal(set) var discards: UInt64?
        package internal(set) var discardsMerged: UInt64?
        package internal(set) var discardSectors: UInt64?
        package internal(set) var discardTime: UInt64?
        package internal(set) var flushes: UInt64?
        package internal(set) var flushTime: UInt64?
        /// Whether the caller wants this device; its values are absent if not.
        package internal(set) var isWanted = true

        package init() {}
    }

    /// In the file's order, with the unwanted ones.
    package private(set) var devices: [Device] = []

    package init() {}

    /// Replaces the reading. `isWanted` is asked once for each device that wasn't at this place of the list at the last reading.
    package mutating func update(parsing bytes: RawSpan, isWanted: (String) -> Bool = { _ in true }) {
        var cursor = ByteCursor(bytes.completeLines)
        var count = 0
        while !cursor.isAtEnd {
            if cursor.wholeDecimal() != nil, cursor.wholeDecimal() != nil {
                let name = cursor.word()
                if !name.isEmpty {
                    if count == devices.count { devices.append(Device()) }
                    if devices[count].name.adopt(cursor.bytes.extracting(name)) {
                        devices[count].isWanted = isWanted(cursor.string(name))
                        devices[count].read(ByteCursor(RawSpan()))
                    }
                    if devices[count].isWanted { devices[count].read(cursor) }
                    count += 1
                }
            }
            cursor.skipLine()
        }
        devices.removeLast(devices.count - count)
    }
}

extension DiskStats.Device {
    fileprivate mutating func read(_ cursor: consuming ByteCursor) {
        reads = Self.next(&cursor)
        readsMerged = Self.next(&cursor)
        readSectors = Self.next(&cursor)
        readTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
        writes = Self.next(&cursor)
        writesMerged = Self.next(&cursor)
        writeSectors = Self.next(&cursor)
        writeTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
        inFlight = Self.next(&cursor)
        ioTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
        weightedIOTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
        discards = Self.next(&cursor)
        discardsMerged = Self.next(&cursor)
        discardSectors = Self.next(&cursor)
        discardTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
        flushes = Self.next(&cursor)
        flushTime = KernelUnits.microseconds(milliseconds: Self.next(&cursor))
    }
    /// The next value of the line; a word that is no unsigned number is skipped and gives `nil`.
    private static func next(_ cursor: inout ByteCursor) -> UInt64? {
        if let value = cursor.wholeDecimal() { return value }
        _ = cursor.word()
        return nil
    }
}
