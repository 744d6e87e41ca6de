import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory of the live log: a directory for each part, named by the instant at which it begins, with the same files as a run has for its
/// tables. The oldest parts go when all together are too large or too old.
struct LiveLogRoll: ~Copyable {
    /// Into how many parts the limits are divided: what is kept is less than the limit by one part at most.
    private static let parts: UInt64 = 8

    private let directory: Descriptor
    private let options: LiveLogOptions
    private var current: LiveLogPart?
    /// Complete ones, oldest first: their names and sizes.
    private var complete: [(name: String, bytes: UInt64)]
    private var encoder = CSVEncoder()
    private var buffers = LiveLogBuffers()

    /// - Throws: `DiskError`.
    init(_ options: LiveLogOptions) throws(DiskError) {
        let directory = try Descriptor.directory(making: options.directory)
        var complete: [(name: String, bytes: UInt64)] = []
        for name in directory.names(of: Int(DT_DIR)).filter({ Self.instant(of: $0) != nil }).sorted() {
            complete.append((name, LiveLogPart.bytes(in: try directory.directory(name))))
        }
        self.directory = directory
        self.options = options
        self.complete = complete
    }

    /// Adds the rows of a tick to what is written next.
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

    /// Writes what was added, begins a new part when it is time to, and removes what is too old or too much.
    /// - Throws: `DiskError`; what was added is gone then, and the next part begins with what comes after.
    mutating func write(at now: Int64) throws(DiskError) {
        defer { buffers.removeAll() }
        if let part = current, part.bytes >= options.size / Self.parts || now - part.begin >= options.age.microseconds / Int64(Self.parts) {
            complete.append((part.name, part.bytes))
            current = nil
        }
        removeOld(at: now)
        guard !buffers.isEmpty else { return }
        let part: LiveLogPart
        if let current {
            part = current
        } else {
            let name = freeName(at: now)
            do throws(DiskError) {
                part = try LiveLogPart(name, in: directory, at: now)
            } catch {
                // Half a part for each second with a full disk would take what room there is left.
                try? LiveLogPart.remove(name, in: directory)
                throw error
            }
            current = part
        }
        try part.write(buffers)
    }

    /// A part is too old when the one behind it began before the age that is kept.
    ///
    /// One that can't be removed, or that somebody else has removed, must not cost the rows that come: it is no longer counted.
    private mutating func removeOld(at now: Int64) {
        let room = options.size - min(options.size, max(current?.bytes ?? 0, options.size / Self.parts))
        while let oldest = complete.first {
            let end = complete.dropFirst().first.flatMap { Self.instant(of: $0.name) } ?? current?.begin
            let isOld = end.map { now - $0 > options.age.microseconds } ?? false
            let isTooMuch = complete.reduce(0) { $0 + $1.bytes } > room
            guard isOld || isTooMuch else { return }
            try? LiveLogPart.remove(oldest.name, in: directory)
            complete.removeFirst()
        }
    }

    /// A part's name that no other has: another one may have begun within this second.
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

    /// `2026-11-21T08-00-00Z`: what RFC 3339 says, with nothing in it that a file system or a shell minds.
    static func name(at instant: Int64) -> String {
        String(Timestamp.string(instant).prefix(19)).map { $0 == ":" ? "-" : String($0) }.joined() + "Z"
    }

    /// The instant that a part's name says; `nil` for a directory that is none.
    static func instant(of name: String) -> Int64? {
        let characters = Array(name)
        guard characters.count >= 20, characters[10] == "T", characters[19] == "Z" else { return nil }
        let time = String(characters[11..<19]).map { $0 == "-" ? ":" : String($0) }.joined()
        return Timestamp.nanoseconds("\(String(characters[..<10]))T\(time)Z").map { $0 / 1000 }
    }
}
