import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory of the live log. It has a directory for each part, named by the instant at which the part begins, with the same table files as
/// a run. When all parts together are too large or too old, the oldest are removed.
struct LiveLogRoll: ~Copyable {
    /// How many parts share the limits. At least the limit minus one part is kept.
    private static let parts: UInt64 = 8

    private let directory: Descriptor
    private let options: LiveLogOptions
    private var current: LiveLogPart?
    /// The complete parts, oldest first: their names and sizes, and when they began on the steady clock, which the first write finds out of those that
    /// were there before.
    private var complete: [(name: String, bytes: UInt64, begin: Int64?)]
    private var encoder = CSVEncoder()
    private var buffers = LiveLogBuffers()

    /// - Throws: `DiskError`.
    init(_ options: LiveLogOptions) throws(DiskError) {
        let directory = try Descriptor.directory(making: options.directory)
        var complete: [(name: String, bytes: UInt64, begin: Int64?)] = []
        for name in directory.names(of: Int(DT_DIR)).filter({ Self.instant(of: $0) != nil }).sorted() {
            complete.append((name, LiveLogPart.bytes(in: try directory.directory(name)), nil))
        }
        self.directory = directory
        self.options = options
        self.complete = complete
    }

    /// Adds the rows of a tick to the next write.
    /// - Returns: how many tables had rows that can't be written.
    mutating func append(_ tick: TickFrame, frame: RawSpan, node: String, columns: ColumnMap) -> UInt64 {
        var faults: UInt64 = 0
        encoder.begin(time: tick.header.time, tick: tick.header.tick, node: node)
        for (name, rows) in tick.tables {
            guard let table = TableID(name: name), let target = columns[table] else { continue }
            do {
                try buffers.append(to: table) { out throws(RowFault) in
                    _ = try encoder.append(frame, rows: rows, as: target, to: &out)
                }
            } catch {
                faults += 1
            }
        }
        return faults
    }

    /// Writes the added rows, begins a new part when it is time to, and removes parts beyond the limits.
    /// - Parameters:
    ///   - now: names a new part.
    ///   - steady: the same instant on the collector's steady clock, by which parts grow old.
    /// - Throws: `DiskError`; the added rows are then lost, and the next part begins with the rows after them.
    mutating func write(at now: Int64, steady: Int64) throws(DiskError) {
        defer { buffers.removeAll() }
        for (index, part) in complete.enumerated() where part.begin == nil {
            complete[index].begin = steady - max(now - (Self.instant(of: part.name) ?? now), 0)
        }
        let age = options.age.microseconds / Int64(Self.parts)
        if let part = current, part.bytes >= options.size / Self.parts || steady - part.begin >= age {
            complete.append((part.name, part.bytes, part.begin))
            current = nil
        }
        removeOld(at: steady)
        guard !buffers.isEmpty else { return }
        let part: LiveLogPart
        if let current {
            part = current
        } else {
            let name = freeName(at: now)
            do throws(DiskError) {
                part = try LiveLogPart(name, in: directory, at: steady)
            } catch {
                // While the disk is full, an unfinished part for each second would use up the last space.
                try? LiveLogPart.remove(name, in: directory)
                throw error
            }
            current = part
        }
        try part.write(buffers)
    }

    /// Removes the oldest parts beyond the limits. A part ends when the next one begins; it is too old when it ended before the age to keep.
    ///
    /// If a part can't be removed, or someone else has removed it, it is only no longer counted: new rows go on being written.
    private mutating func removeOld(at steady: Int64) {
        let room = options.size - min(options.size, max(current?.bytes ?? 0, options.size / Self.parts))
        while let oldest = complete.first {
            let end = complete.dropFirst().first.flatMap(\.begin) ?? current?.begin
            let isOld = end.map { steady.saturatingSubtracting($0) > options.age.microseconds } ?? false
            let isTooMuch = complete.reduce(0) { $0.saturatingAdding($1.bytes) } > room
            guard isOld || isTooMuch else { return }
            try? LiveLogPart.remove(oldest.name, in: directory)
            complete.removeFirst()
        }
    }

    /// A name that no part has yet: another part may have begun within this second.
    private func freeName(at now: Int64) -> String {
        let plain = Self.name(at: now)
        var name = plain
        var number = 1
        while directory.holds(name) {
            number += 1
            name = "\(plain)-\(number)"
        }
        return name
    }

    /// `2026-11-21T08-00-00Z`: like RFC 3339, but without colons, which some file systems and shells don't accept.
    static func name(at instant: Int64) -> String {
        String(Timestamp.string(instant).prefix(19)).map { $0 == ":" ? "-" : String($0) }.joined() + "Z"
    }

    /// The instant in a part's name; `nil` for the name of another directory.
    static func instant(of name: String) -> Int64? {
        let characters = Array(name)
        guard characters.count >= 20, characters[10] == "T", characters[19] == "Z" else { return nil }
        let time = String(characters[11..<19]).map { $0 == "-" ? ":" : String($0) }.joined()
        return Timestamp.nanoseconds("\(String(characters[..<10]))T\(time)Z").map { $0 / 1000 }
    }
}
