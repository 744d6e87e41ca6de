/// Families whose samples aren't columns of a table. They are written in the order of the calls.
package struct OwnFamilies: ~Copyable {
    private(set) var out = ByteWriter()
    private var name = ""
    private var type = MetricType.gauge
    private var help = ""
    private var isBegun = false

    package init() {}

    /// Begins a family, whose samples follow.
    package mutating func family(_ name: String, _ type: MetricType, _ help: String) {
        self.name = name
        self.type = type
        self.help = help
        isBegun = false
    }

    /// Appends a sample to the family that was begun last; a `nil` value appends nothing.
    package mutating func sample(_ value: Double?, _ labels: (name: String, value: String)...) {
        guard let value, value.isFinite else { return }
        if !isBegun { out.appendHead(of: name, type, help: help) }
        isBegun = true
        out.append(name.utf8.span.bytes)
        if !labels.isEmpty {
            out.append("{")
            for (index, label) in labels.enumerated() { out.appendLabel(label.name, label.value.utf8.span.bytes, isFirst: index == 0) }
            out.append("}")
        }
        out.append(" ")
        out.appendValue(value)
    }

    /// Passes on all of their text.
    package borrowing func withText(_ body: (RawSpan) -> Void) { out.withUnsafeBytes { body($0.bytes) } }

    /// A family of one sample without labels.
    package mutating func single(_ name: String, _ type: MetricType, _ help: String, _ value: Double?) {
        family(name, type, help)
        sample(value)
    }
}
