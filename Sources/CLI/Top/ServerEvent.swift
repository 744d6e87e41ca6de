/// One server-sent event: its name, and its data lines joined.
struct ServerEvent: Equatable, Sendable {
    let name: String
    let data: [UInt8]
}

/// Takes a `text/event-stream` apart, however its bytes are cut (HTML Living Standard, section 9.2.6).
///
/// `id` and `retry` mean nothing here: a new connection begins with a snapshot anyway.
struct ServerEventParser: Sendable {
    struct TooLong: Error {}

    /// An event is held in memory until it is whole. A snapshot of 2,000 containers has 3 MB.
    private let longest: Int

    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8]?
    /// The line before ended with a carriage return: a line feed that follows belongs to that end.
    private var endedWithReturn = false

    /// - Parameter longest: how many bytes an event may have.
    init(longest: Int = 64 << 20) { self.longest = longest }

    /// Returns the events that these bytes complete.
    ///
    /// - Throws: `TooLong` when an event doesn't end.
    mutating func feed(_ bytes: some Collection<UInt8>) throws(TooLong) -> [ServerEvent] {
        var events: [ServerEvent] = []
        var rest = bytes[...]
        if endedWithReturn, let first = rest.first {
            endedWithReturn = false
            if first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
        }
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            line += rest[..<end]
            let isReturn = rest[end] == UInt8(ascii: "\r")
            rest = rest[rest.index(after: end)...]
            if isReturn {
                if rest.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
                endedWithReturn = rest.isEmpty
            }
            if let event = takeLine() { events.append(event) }
        }
        line += rest
        guard line.count + (data?.count ?? 0) <= longest else { throw TooLong() }
        return events
    }

    private mutating func takeLine() -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            defer { (name, data) = ("", nil) }
            return data.map { ServerEvent(name: name.isEmpty ? "message" : name, data: $0) }
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if data == nil { data = Array(value) } else { data? += [UInt8(ascii: "\n")] + value }
        default: break
        }
        return nil
    }
}
