/// What can be said of every live value without knowing one: `GET /fields.json`, from which the page takes titles, help and formats.
package enum LiveCatalogue {
    package static let json: [UInt8] = {
        var out = ByteWriter()
        out.append("{")
        LiveKind.node.describe(to: &out)
        for kind in [LiveKind.container, .unit, .process, .core, .disk, .filesystem, .interface] {
            out.append(",\n")
            kind.describe(to: &out)
        }
        out.append("}\n")
        return out.withUnsafeBytes { Array($0) }
    }()
}

extension LiveKind {
    /// Appends `"kind":[field, …]`.
    fileprivate func describe(to out: inout ByteWriter) {
        out.append(jsonString: name.utf8.span.bytes)
        out.append(":[")
        for (index, field) in fields.enumerated() {
            out.append(index == 0 ? "\n{" : ",\n{")
            var members = [("name", field.name), ("title", field.title), ("short", field.short), ("unit", field.format.unit)]
            members += [("format", field.format.rawValue), ("help", field.help)]
            // A short title that is the title in capitals is left out, as is no unit.
            members.removeAll { $0.0 == "short" && $0.1 == field.title.uppercased() || $0.1.isEmpty }
            for (place, (name, text)) in members.enumerated() {
                if place > 0 { out.append(",") }
                out.append(jsonString: name.utf8.span.bytes)
                out.append(":")
                out.append(jsonString: text.utf8.span.bytes)
            }
            if let limits = field.limits { limits.describeWhole(to: &out) }
            if let trouble = field.trouble {
                out.append(",\"trouble\":{\"name\":")
                out.append(jsonString: trouble.name.utf8.span.bytes)
                out.append(",\"title\":")
                out.append(jsonString: trouble.title.utf8.span.bytes)
                out.append(",\"rank\":")
                out.append(decimal: Int64(trouble.rank))
                out.append("}")
            }
            out.append("}")
        }
        out.append("]")
    }
}

extension LiveLimits {
    /// What a bar of the value fills: a number, or the fields that say it, of the object and else of its node, times a factor.
    fileprivate func describeWhole(to out: inout ByteWriter) {
        guard case .from(_, _, let whole) = self else { return }
        switch whole {
        case .value(let value):
            out.append(",\"whole\":")
            out.append(decimal: value)
        case .cores(let limit):
            out.append(",\"whole\":{\"field\":")
            out.append(jsonString: limit.utf8.span.bytes)
            out.append(",\"node\":\"cores\",\"times\":100}")
        case .field, .interval: break
        }
    }
}
