import StatsCore

/// How a column's numbers are drawn: the chart's unit, and the factor to it from the unit in columns.csv.
struct ColumnScale {
    let unit: ChartUnit
    let factor: Double

    /// - Parameters:
    ///   - name: a unit of columns.csv.
    ///   - isRate: whether the counter's growth per second is drawn.
    init(unit name: String, isRate: Bool) {
        switch name {
        case "bytes": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 1)
        case "KiB": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 1024)
        // The kernel counts sectors of 512 bytes for every disk (Documentation/block/stat.rst).
        case "sectors": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 512)
        // Microseconds per second are a share: 100 % is one core, or all of the time.
        case "microseconds": (unit, factor) = isRate ? (.percent, 1e-4) : (.seconds, 1e-6)
        case "percent": (unit, factor) = (.percent, 1)
        case "hertz": (unit, factor) = (.hertz, 1)
        case "", "count", "number": (unit, factor) = (isRate ? .countPerSecond("") : .count(""), 1)
        default: (unit, factor) = (isRate ? .countPerSecond(name) : .count(name), 1)
        }
    }
}
