import StatsCore

/// Values in at most six columns, for tables where every column counts.
enum CompactUnits {
    /// In powers of 1024, five columns: `512`, `1.5K`, `32.0M`, `1023G`.
    static func bytes(_ count: Double) -> String {
        guard count.isFinite, count >= 0 else { return "-" }
        var value = count.rounded()
        var units = ["", "K", "M", "G", "T", "P", "E"][...]
        while value >= 1023.5, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        let unit = units.first ?? ""
        return HumanUnits.fixed(value, digits: unit.isEmpty || value >= 99.95 ? 0 : 1) + unit
    }

    /// Tenths as long as there is room for them in five columns.
    static func percent(_ value: Double) -> String { HumanUnits.fixed(value, digits: value >= 999.95 ? 0 : 1) }

    /// The largest unit only, four columns: `850ms`, `12s`, `3m`, `2h`.
    static func age(milliseconds: Double) -> String {
        let seconds = milliseconds / 1000
        return switch seconds {
        case ..<1: "\(HumanUnits.fixed(max(0, milliseconds), digits: 0))ms"
        case ..<100: "\(HumanUnits.fixed(seconds, digits: 0))s"
        case ..<6000: "\(HumanUnits.fixed(seconds / 60, digits: 0))m"
        case ..<360_000: "\(HumanUnits.fixed(seconds / 3600, digits: 0))h"
        default: "\(HumanUnits.fixed(seconds / 86400, digits: 0))d"
        }
    }
}
