import StatsCore

/// How a column's numbers are drawn: columns.csv's unit, and what one of it is in the chart's.
struct ColumnScale {
    let unit: ChartUnit
    let factor: Double

    /// - Parameters:
    ///   - name: as columns.csv writes units.
    ///   - isRate: whether what is drawn is the counter's growth per second.
    init(unit name: String, isRate: Bool) {
        switch name {
        case "bytes": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 1)
        case "KiB": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 1024)
        // The kernel's sectors are of 512 bytes, whatever the disk's (Documentation/block/stat.rst).
        case "sectors": (unit, factor) = (isRate ? .bytesPerSecond : .bytes, 512)
        // Microseconds in a second are a share of it: 100 % is one core, or all of the time.
        case "microseconds": (unit, factor) = isRate ? (.percent, 1e-4) : (.seconds, 1e-6)
        case "percent": (unit, factor) = (.percent, 1)
        case "hertz": (unit, factor) = (.hertz, 1)
        case "", "count", "number": (unit, factor) = (isRate ? .countPerSecond("") : .count(""), 1)
        default: (unit, factor) = (isRate ? .countPerSecond(name) : .count(name), 1)
        }
    }
}
