import FoundationEssentials
import NIOCore
import StatsCore

/// What one event of the stream tells.
struct StreamChanges: Sendable {
    var collector: StatusReport.Collector?
    /// `.some(nil)` when there is no run any more.
    var run: RunReport??
    var fleet = FleetChanges()
    var events: [EventRow] = []
}

/// Writes server-sent events (WHATWG HTML, section 9.2): a name and one line of JSON each. docs/LIVE.md describes them.
struct StreamEvent {
    let seq: Int
    let time: Int64
    let courses: Courses

    /// Points of a course that go out with whatever is new to its reader: two minutes.
    private static let sparkline = 60

    func encode(_ name: StaticString, _ changes: StreamChanges) -> ByteBuffer {
        var out = ByteWriter(capacity: 64 * 1024)
        out.append("event: ")
        out.append(name)
        out.append("\ndata: {\"seq\":")
        out.append(decimal: Int64(seq))
        out.append(",\"time\":\"")
        Timestamp.append(time, to: &out)
        out.append("\",\"history_step_ms\":")
        out.append(decimal: Int64(Course.step * 1000))
        if let collector = changes.collector {
            Self.append("collector", collector, to: &out)
            // Into the object that was just written.
            out.truncate(to: out.count - 1)
            out.append(LiveKind.collector.levels(of: collector), .collector, isNew: false)
            out.append("}")
        }
        if let run = changes.run { Self.append("run", run, to: &out) }
        append(changes.fleet, to: &out)
        Self.append("events", changes.events, to: &out) { event, out in
            event.write(to: &out)
            return true
        }
        out.append("}\n\n")
        return out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    private func append(_ changes: FleetChanges, to out: inout ByteWriter) {
        Self.append("nodes", changes.nodes, to: &out) { change, out in
            out.append("{\"node\":")
            out.append(jsonString: change.name.utf8.span.bytes)
            let hasChanged = out.append(changesTo: change.new, from: change.old, .node, key: LiveKind.node.place("node"))
            if change.old == nil { append(courses.node(change.name), to: &out) }
            out.append(UInt8(ascii: "}"))
            return hasChanged
        }
        Self.append("gone_nodes", changes.goneNodes, to: &out) { name, out in
            out.append(jsonString: name.utf8.span.bytes)
            return true
        }
        Self.append("containers", changes.containers, to: &out) { change, out in
            out.append("{\"key\":")
            out.append(decimal: Int64(change.new.key))
            let container = change.new.container
            let hasChanged = out.append(changesTo: container.object, from: change.old, .container)
            if change.old == nil { append(courses.container(container), to: &out) }
            out.append(UInt8(ascii: "}"))
            return hasChanged
        }
        Self.append("gone_containers", changes.goneContainers, to: &out) { key, out in
            out.append(decimal: Int64(key))
            return true
        }
    }

    private func append(_ course: Course?, to out: inout ByteWriter) {
        guard let course else { return }
        out.append(",\"history\":{\"cpu_percent\":")
        Self.append(course.points(of: "cpu_percent", upTo: courses.position, count: Self.sparkline), to: &out)
        out.append(",\"memory_percent\":")
        Self.append(course.points(of: "memory_percent", upTo: courses.position, count: Self.sparkline), to: &out)
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

    private static func append(_ name: StaticString, _ value: some Encodable, to out: inout ByteWriter) {
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
    private static func append<Element>(
        _ name: StaticString, _ elements: [Element], to out: inout ByteWriter, _ body: (Element, inout ByteWriter) -> Bool
    ) {
        let begin = out.count
        out.append(",\"")
        out.append(name)
        out.append("\":[")
        var isEmpty = true
        for element in elements {
            let before = out.count
            if !isEmpty { out.append(UInt8(ascii: ",")) }
            if body(element, &out) { isEmpty = false } else { out.truncate(to: before) }
        }
        if isEmpty { out.truncate(to: begin) } else { out.append(UInt8(ascii: "]")) }
    }
}
