import StatsCore

/// A small tree of JSON: what a detail of the stream is made of.
enum JSONTree {
    case null
    case text(String)
    case number(Double?)
    /// JSON as an agent sent it, which was validated.
    case raw([UInt8])
    /// A live object's values, and how they are judged.
    case live(LiveObject, LiveKind<RowSource>)
    case array([JSONTree])
    case object([(String, JSONTree)])

    func write(to out: inout ByteWriter) {
        switch self {
        case .null: out.append("null")
        case .text(let text): out.append(jsonString: text.utf8.span.bytes)
        case .number(let number): LiveValue(number).write(to: &out)
        case .raw(let json): out.append(json)
        case .live(let object, let kind):
            let begin = out.count
            _ = out.append(changesTo: object, from: nil, kind)
            // Each member stands behind a comma, also the first.
            out.replace(at: begin, with: UInt8(ascii: "{"))
            out.append(UInt8(ascii: "}"))
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(jsonString: member.0.utf8.span.bytes)
                out.append(UInt8(ascii: ":"))
                member.1.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

extension FrameRow {
    /// Every column by its name.
    var json: JSONTree {
        var members: [(String, JSONTree)] = []
        forEachCell { name, cell in members.append((name, .raw(cell.withUnsafeBytes { Array($0) }))) }
        return .object(members)
    }

    /// One cell as it came; null when the sender has no such column.
    func json(_ column: String) -> JSONTree { bytes(of: column).map(JSONTree.raw) ?? .null }
}
