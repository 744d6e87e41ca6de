import FoundationEssentials
import NIOCore
import StatsCore

/// Server-sent events (WHATWG HTML, section 9.2): a name and one line of JSON each. docs/CONTROL.md describes them.
extension LiveHub {
    /// Points of a history that go out with whatever is new to its reader: two minutes.
    private static let sparkline = 60

    /// One event of the stream.
    func event(_ name: StaticString, _ changes: Changes) -> ByteBuffer {
        var out = ByteWriter(capacity: 64 * 1024)
        out.append("event: ")
        out.append(name)
        out.append("\ndata: {\"seq\":")
        out.append(decimal: Int64(beats))
        out.append(",\"time\":\"")
        Timestamp.append(clock.now(), to: &out)
        out.append("\",\"history_step_ms\":")
        out.append(decimal: Int64(LiveHistory<NodeSeries>.step * 1000))
        if let collector = changes.collector { Self.append("collector", collector, to: &out) }
        if let run = changes.run { Self.append("run", run, to: &out) }
        Self.append("nodes", changes.nodes, to: &out) { change, out in
            out.append("{\"node\":")
            out.append(jsonString: change.new.report.node.utf8.span.bytes)
            let hasChanged = out.append(changesTo: change.new, from: change.old, LiveNode.fields)
            if change.old == nil, let history = nodes[change.new.report.node]?.history {
                append(
                    cpu: history.points(of: .cpuPercent, upTo: position, count: Self.sparkline),
                    memory: history.points(of: .memoryPercent, upTo: position, count: Self.sparkline), to: &out)
            }
            out.append(UInt8(ascii: "}"))
            return hasChanged || change.old == nil
        }
        Self.append("gone_nodes", changes.goneNodes, to: &out) { name, out in
            out.append(jsonString: name.utf8.span.bytes)
            return true
        }
        Self.append("containers", changes.containers, to: &out) { change, out in
            out.append("{\"key\":")
            out.append(decimal: Int64(change.new.key))
            let container = change.new.container
            let hasChanged = out.append(changesTo: container, from: change.old, LiveContainer.fields)
            if change.old == nil, let history = histories[container.node]?[container.id] {
                append(
                    cpu: history.points(of: .cpuPercent, upTo: position, count: Self.sparkline),
                    memory: history.points(of: .memoryPercent, upTo: position, count: Self.sparkline), to: &out)
            }
            out.append(UInt8(ascii: "}"))
            return hasChanged
        }
        Self.append("gone_containers", changes.goneContainers, to: &out) { key, out in
            out.append(decimal: Int64(key))
            return true
        }
        Self.append("events", changes.happenings, to: &out) { happening, out in
            happening.write(to: &out)
            return true
        }
        out.append("}\n\n")
        return out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    private func append(cpu: [Double?], memory: [Double?], to out: inout ByteWriter) {
        out.append(",\"history\":{\"cpu_percent\":")
        Self.append(cpu, to: &out)
        out.append(",\"memory_percent\":")
        Self.append(memory, to: &out)
        out.append(UInt8(ascii: "}"))
    }

    private static func append(_ points: [Double?], to out: inout ByteWriter) {
        out.append(UInt8(ascii: "["))
        for (index, point) in points.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            LiveValue.number(point?.tenths).write(to: &out)
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
