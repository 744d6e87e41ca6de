/// The values of one live object by the place of their fields, and how they are judged.
package struct LiveObject: Sendable, Equatable {
    package let values: [LiveValue]
    package let levels: LiveLevels

    package init<Source>(_ values: [LiveValue], _ kind: LiveKind<Source>, in surroundings: LiveSurroundings = LiveSurroundings()) {
        self.values = values
        levels = kind.levels(of: values, in: surroundings)
    }
}

extension ByteWriter {
    /// Appends the members of `new` that differ from those of `old`, of all without an `old`, each behind a comma: values by the names of their fields, then `level`,
    /// `levels` and `troubles`.
    /// - Parameter key: the place of a field that is written by who calls this.
    /// - Returns: whether there was any.
    package mutating func append<Source>(changesTo new: LiveObject, from old: LiveObject?, _ kind: LiveKind<Source>, key: Int? = nil)
        -> Bool
    {
        var hasChanged = false
        for (place, value) in new.values.enumerated() where place != key {
            if let old, old.values[place] == value { continue }
            hasChanged = true
            append(kind.keys[place])
            value.write(to: &self)
        }
        if new.levels == old?.levels || !kind.isJudged { return hasChanged }
        append(new.levels, kind, isNew: old == nil)
        return true
    }

    /// Appends `level`, `levels` and `troubles`, each behind a comma.
    /// - Parameter isNew: what is absent from something new is empty, and left out.
    package mutating func append<Source>(_ levels: LiveLevels, _ kind: LiveKind<Source>, isNew: Bool) {
        switch levels.worst {
        case nil: append(",\"level\":null")
        case .ok: append(",\"level\":\"ok\"")
        case .warm: append(",\"level\":\"warm\"")
        case .hot: append(",\"level\":\"hot\"")
        }
        if isNew, levels.worst ?? .ok == .ok { return }
        append(",\"levels\":{")
        var separator: StaticString = ""
        for place in levels.raised {
            append(separator)
            append(jsonString: kind.fields[place].name.utf8.span.bytes)
            append(levels[place] == .hot ? ":\"hot\"" : ":\"warm\"")
            separator = ","
        }
        append("},\"troubles\":[")
        separator = ""
        for (field, trouble, level) in kind.troubles(levels) {
            append(separator)
            append("{\"name\":")
            append(jsonString: trouble.name.utf8.span.bytes)
            append(level == .hot ? ",\"level\":\"hot\",\"field\":" : ",\"level\":\"warm\",\"field\":")
            append(jsonString: field.name.utf8.span.bytes)
            append(",\"text\":")
            append(jsonString: trouble.text.utf8.span.bytes)
            append("}")
            separator = ","
        }
        append("]")
    }
}
