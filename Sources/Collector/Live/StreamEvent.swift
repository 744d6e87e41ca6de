import FoundationEssentials
import NIOCore
import StatsCore

/// What one event of the stream tells.
struct StreamChanges: Sendable {
    var collector: StatusReport.Collector?
    /// `.some(nil)` when there is no run any more.
    var run: RunReport??
    /// JSON; `nil` when nothing of it has changed.
    var totals: [UInt8]?
    var fleet = FleetChanges()
    var events: [EventRow] = []
}

/// Writes a server-sent event (WHATWG HTML, section 9.2): a name and one line of JSON. docs/LIVE.md describes it.
struct StreamEvent: ~Copyable {
    let seq: Int
    let time: Int64
    let courses: Courses

    /// Points of a course that go out with whatever is new to its reader: two minutes.
    private static let sparkline = 60
    /// What is written at a time: an event of thousands of containers is never in one place. A piece may go over this by one object; the next power of
    /// two, which is what a buffer takes, is 64 KiB.
    private static let pieceBytes = 60 * 1024

    private var pieces: [ByteBuffer] = []
    private var out = ByteWriter(capacity: 2 * pieceBytes)

    init(seq: Int, time: Int64, courses: Courses) { (self.seq, self.time, self.courses) = (seq, time, courses) }

    /// - Returns: the event in pieces.
    mutating func encode(_ name: StaticString, _ changes: StreamChanges) -> [ByteBuffer] {
        out.append("event: ")
        out.append(name)
        out.append("\ndata: {\"seq\":")
        out.append(decimal: Int64(seq))
        out.append(",\"time\":\"")
        Timestamp.append(time, to: &out)
        out.append("\",\"history_step_ms\":")
        out.append(decimal: Int64(Course.step * 1000))
        if let collector = changes.collector {
            append("collector", collector)
            // Into the object that was just written.
            out.truncate(to: out.count - 1)
            out.append(LiveKind.collector.levels(of: collector), .collector, isNew: false)
            out.append("}")
        }
        if let run = changes.run { append("run", run) }
        if let totals = changes.totals {
            out.append(",\"totals\":")
            out.append(totals)
        }
        append(changes.fleet)
        append("events", changes.events) { event, out in
            event.write(to: &out)
            return true
        }
        out.append("}\n\n")
        flush()
        return pieces
    }

    /// Puts a text in pieces that was written in one go.
    static func cut(_ text: borrowing ByteWriter) -> [ByteBuffer] {
        text.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: pieceBytes).map { ByteBuffer(bytes: bytes[$0..<min($0 + pieceBytes, bytes.count)]) }
        }
    }

    private mutating func flush() {
        pieces.append(out.withUnsafeBytes { ByteBuffer(bytes: $0) })
        out.removeAll()
    }

    private mutating func append(_ changes: FleetChanges) {
        let courses = courses
        append("nodes", changes.nodes) { change, out in
            out.append("{\"node\":")
            out.append(jsonString: change.name.utf8.span.bytes)
            let hasChanged = out.append(changesTo: change.new, from: change.old, .node, key: LiveKind.node.place("node"))
            if change.old == nil { Self.append(courses.node(change.name), courses.position, to: &out) }
            out.append(UInt8(ascii: "}"))
            return hasChanged
        }
        append("gone_nodes", changes.goneNodes) { name, out in
            out.append(jsonString: name.utf8.span.bytes)
            return true
        }
        append("containers", changes.containers) { change, out in
            out.append("{\"key\":")
            out.append(decimal: Int64(change.new.key))
            let container = change.new.container
            let hasChanged = out.append(changesTo: container.object, from: change.old, .container)
            if change.old == nil { Self.append(courses.container(container), courses.position, to: &out) }
            out.append(UInt8(ascii: "}"))
            return hasChanged
        }
        append("gone_containers", changes.goneContainers) { key, out in
            out.append(decimal: Int64(key))
            return true
        }
    }

    private static func append(_ course: Course?, _ position: Int, to out: inout ByteWriter) {
        guard let course else { return }
        out.append(",\"history\":{\"cpu_percent\":")
        append(course.points(of: "cpu_percent", upTo: position, count: sparkline), to: &out)
        out.append(",\"memory_percent\":")
        append(course.points(of: "memory_percent", upTo: position, count: sparkline), to: &out)
        out.append(UInt8(ascii: "}"))
    }

    private static func append(_ points: [Double?], to out: inout ByteWriter) {
        out.append(UInt8(ascii: "["))
        for (index, point) in points.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            LiveValue(point.map { LiveRounding.tenths($0) }).write(to: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private mutating func append(_ name: StaticString, _ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Reports hold nothing that has no JSON.
        guard let json = try? encoder.encode(value) else { return }
        out.append(",\"")
        out.append(name)
        out.append("\":")
        out.append(Array(json))
    }

    /// Appends `,"name":[…]` of what `body` writes of each element and finds worth saying; nothing when that is none.
    private mutating func append<Element>(_ name: StaticString, _ elements: [Element], _ body: (Element, inout ByteWriter) -> Bool) {
        let begin = out.count
        out.append(",\"")
        out.append(name)
        out.append("\":[")
        var isEmpty = true
        for element in elements {
            let before = out.count
            if !isEmpty { out.append(UInt8(ascii: ",")) }
            guard body(element, &out) else {
                out.truncate(to: before)
                continue
            }
            isEmpty = false
            if out.count >= Self.pieceBytes { flush() }
        }
        if isEmpty { out.truncate(to: begin) } else { out.append(UInt8(ascii: "]")) }
    }
}
