/// How people read a value. Each renderer draws these in its own way: at length on the page, in five columns in `sonde top`.
package enum LiveFormat: String, Sendable {
    /// A name, or a word for a state.
    case text
    case flag
    /// A number that names something, and measures nothing.
    case plain
    /// 100 is the whole, or one core.
    case percent
    /// In powers of 1024.
    case bytes
    case bytesPerSecond = "bytes_per_s"
    case count
    case countPerSecond = "count_per_s"
    /// Of cores, which are also shared in hundredths; and of tasks that run.
    case decimal
    /// How long something lasts or is ago.
    case milliseconds
    /// A short time, which may lie below zero.
    case microseconds
    case hertz
    /// How many by name.
    case counts

    /// As `columns.csv` writes units.
    package var unit: String {
        switch self {
        case .text, .flag, .plain: ""
        case .percent: "percent"
        case .bytes: "bytes"
        case .bytesPerSecond: "bytes per second"
        case .count, .counts, .decimal: "count"
        case .countPerSecond: "count per second"
        case .milliseconds: "milliseconds"
        case .microseconds: "microseconds"
        case .hertz: "hertz"
        }
    }
}

/// One value of a live object, declared once for all who tell, judge or draw it.
package struct LiveField<Source: Sendable>: Sendable {
    /// Its member in the stream. Final.
    package let name: String
    package let source: Source
    /// The head of its column.
    package let title: String
    /// The same in capitals and as few columns of a terminal as can be.
    package let short: String
    package let format: LiveFormat
    /// One sentence.
    package let help: String
    package let limits: LiveLimits?
    package let trouble: LiveTrouble?

    package init(
        _ name: String, _ source: Source, _ title: String, short: String? = nil, _ format: LiveFormat, _ help: String,
        _ limits: LiveLimits? = nil, trouble: LiveTrouble? = nil
    ) {
        (self.name, self.source, self.title, self.short, self.format) = (name, source, title, short ?? title.uppercased(), format)
        (self.help, self.limits, self.trouble) = (help, limits, trouble)
    }
}
