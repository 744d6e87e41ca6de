import StatsCore

/// A value of a live object, in the JSON of the stream.
enum LiveValue: Equatable, Sendable {
    case text(String?)
    case number(Double?)
    case flag(Bool?)
    case counts([String: UInt64]?)

    func write(to out: inout ByteWriter) {
        switch self {
        case .text(let text?): out.append(jsonString: text.utf8.span.bytes)
        case .number(let number?): out.append(decimal: number)
        case .flag(let flag?): out.append(flag ? "true" : "false")
        case .counts(let counts?):
            out.append(UInt8(ascii: "{"))
            for (index, (name, count)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(jsonString: name.utf8.span.bytes)
                out.append(UInt8(ascii: ":"))
                out.append(decimal: count)
            }
            out.append(UInt8(ascii: "}"))
        case .text(nil), .number(nil), .flag(nil), .counts(nil): out.append("null")
        }
    }
}

/// One member of a live object.
struct LiveField<Object>: Sendable {
    let name: StaticString
    let value: @Sendable (Object) -> LiveValue

    init(_ name: StaticString, _ value: @escaping @Sendable (Object) -> LiveValue) {
        self.name = name
        self.value = value
    }
}

extension ByteWriter {
    /// Appends `"name":value` of the fields of `new` that differ from those of `old`, of all without an `old`, each behind a comma.
    /// - Returns: whether there was any.
    mutating func append<Object>(changesTo new: Object, from old: Object?, _ fields: [LiveField<Object>]) -> Bool {
        var hasChanged = false
        for field in fields {
            let value = field.value(new)
            if let old, field.value(old) == value { continue }
            hasChanged = true
            append(",\"")
            append(field.name)
            append("\":")
            value.write(to: &self)
        }
        return hasChanged
    }
}
