/// Prometheus' text format 0.0.4 (its documentation, "Exposition formats").
extension ByteWriter {
    /// Appends `# HELP` and `# TYPE` of a family.
    mutating func appendHead(of family: String, _ type: MetricType, help: String) {
        append("# HELP ")
        append(family.utf8.span.bytes)
        append(" ")
        appendEscaped(help.utf8.span.bytes, quotes: false)
        append("\n# TYPE ")
        append(family.utf8.span.bytes)
        append(" ")
        append(type.rawValue.utf8.span.bytes)
        append("\n")
    }

    /// Appends `name="value"`, after a comma unless `isFirst`. A value longer than a kilobyte is cut, since every sample repeats it.
    mutating func appendLabel(_ name: String, _ value: RawSpan, isFirst: Bool = false) {
        if !isFirst { append(",") }
        append(name.utf8.span.bytes)
        append("=\"")
        var end = value.byteCount
        if end > 1024 {
            end = 1024
            // A cut never splits a character.
            while end > 0, value.unsafeLoad(fromByteOffset: end, as: UInt8.self) & 0xc0 == 0x80 { end -= 1 }
        }
        appendEscaped(value.extracting(0..<end), quotes: true)
        append("\"")
    }

    private mutating func appendEscaped(_ bytes: RawSpan, quotes: Bool) {
        for index in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: append(byte)
            }
        }
    }

    /// Appends a sample's value and ends its line.
    /// - Parameter isTime: whether the value is in microseconds; it is then written in seconds.
    mutating func appendValue(_ value: Double, isTime: Bool = false) {
        if isTime, let micros = UInt64(exactly: value.magnitude.rounded()) {
            if value < 0 { append("-") }
            append(decimal: micros / 1_000_000)
            appendFraction(micros % 1_000_000)
        } else if let whole = UInt64(exactly: value) {
            append(decimal: whole)
        } else if value.magnitude < 1e15 {
            append(decimal: value)
        } else {
            append("\(isTime ? value / 1e6 : value)".utf8.span.bytes)
        }
        append("\n")
    }

    /// Appends the fraction of a second, given in microseconds.
    private mutating func appendFraction(_ micros: UInt64) {
        guard micros > 0 else { return }
        append(".")
        var rest = micros
        var place: UInt64 = 100_000
        while rest > 0 {
            append(UInt8(ascii: "0") + UInt8(rest / place))
            rest %= place
            place /= 10
        }
    }
}
