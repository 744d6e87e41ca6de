import StatsCore

/// How the cells of live tables are made: what isn't known is `-`, and what is too much has the style that says so.
enum TopCells {
    typealias Cell = (text: String, style: ScreenStyle)

    static let unknown: Cell = ("-", .faint)

    static func text(_ row: TopRow, _ name: String) -> Cell { row.text(name).map { ($0, .plain) } ?? unknown }

    /// A gauge or a rate in bytes; nothing at all is faint, so that what happens stands out.
    static func bytes(_ row: TopRow, _ name: String) -> Cell {
        row.number(name).map { (CompactUnits.bytes($0), $0 == 0 ? .faint : .plain) } ?? unknown
    }

    static func count(_ row: TopRow, _ name: String) -> Cell {
        row.number(name).map { (HumanUnits.fixed($0, digits: 0), $0 == 0 ? .faint : .plain) } ?? unknown
    }

    /// A percentage.
    ///
    /// - Parameters:
    ///   - whole: the value at which nothing is left.
    ///   - warm, hot: the shares of it from which on it is worth a look, and from which on it hurts.
    static func percent(_ value: Double?, of whole: Double = 100, warm: Double = 0.7, hot: Double = 0.9) -> Cell {
        guard let value else { return unknown }
        let share = whole > 0 ? value / whole : 0
        return (CompactUnits.percent(value), share >= hot ? .hot : share >= warm ? .warm : value < 0.05 ? .faint : .plain)
    }

    /// How many there were of what should not happen.
    static func faults(_ row: TopRow, _ name: String) -> Cell {
        row.number(name).map { (HumanUnits.fixed($0, digits: 0), $0 > 0 ? .warm : .faint) } ?? unknown
    }
}
