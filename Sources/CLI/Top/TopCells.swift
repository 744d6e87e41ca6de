import StatsCore

/// How the cells of live tables are made: what isn't known is `-`, and a value has the style of the level that the collector gave it.
enum TopCells {
    typealias Cell = (text: String, style: ScreenStyle)

    static let unknown: Cell = ("-", .faint)

    static func text(_ row: TopRow, _ name: String) -> Cell { row.text(name).map { ($0, .plain) } ?? unknown }

    /// A value in the format of its field. Nothing at all is faint, so that what happens stands out.
    static func value(_ row: TopRow, _ name: String, _ format: LiveFormat) -> Cell {
        guard let number = row.number(name) else {
            return row.text(name).map { ($0, ScreenStyle(row.level(name))) } ?? unknown
        }
        let shown = text(number, format)
        return (shown, ScreenStyle(row.level(name), else: format != .plain && ["0", "0.0"].contains(shown) ? .faint : .plain))
    }

    /// A number in at most six columns.
    static func text(_ number: Double, _ format: LiveFormat) -> String {
        switch format {
        case .percent, .decimal: CompactUnits.percent(number)
        case .bytes, .bytesPerSecond: CompactUnits.bytes(number)
        case .milliseconds: CompactUnits.age(milliseconds: number)
        case .microseconds: HumanUnits.fixed(number / 1000, digits: 1)
        case .hertz: HumanUnits.fixed(number / 1e9, digits: 1)
        case .text, .flag, .plain, .count, .countPerSecond, .counts: HumanUnits.fixed(number, digits: 0)
        }
    }

    /// The highest of some percentages, in the style of the worst of them.
    static func highest(_ row: TopRow, _ names: String...) -> Cell {
        guard let highest = names.compactMap(row.number).max() else { return unknown }
        return (text(highest, .percent), ScreenStyle(row.worst(names), else: highest < 0.05 ? .faint : .plain))
    }
}

extension TopRow {
    /// How much one of its values should worry, as the collector says; `nil` also where it says nothing, as one of an earlier version.
    func level(_ name: String) -> LiveLevel? {
        guard case .object(let levels) = self["levels"] else { return nil }
        return levels[name]?.string.flatMap { LiveLevel(rawValue: $0) }
    }

    func worst(_ names: [String]) -> LiveLevel? { names.compactMap { level($0) }.max() }
}

extension ScreenStyle {
    init(_ level: LiveLevel?, else other: ScreenStyle = .plain) {
        switch level {
        case .hot?: self = .hot
        case .warm?: self = .warm
        case .ok?, nil: self = other
        }
    }
}

extension TopColumn {
    /// A live value under the title of its field, and in its format.
    static func of<Source>(_ kind: LiveKind<Source>, _ name: String, width: Int, rank: Int, sort: TopSort? = nil) -> TopColumn {
        let format = kind[name]?.format ?? .text
        return TopColumn(title: kind[name]?.short ?? name, width: width, rank: rank, isText: format == .text, sort: sort) {
            TopCells.value($0, name, format)
        }
    }

    /// The same with a cell of its own.
    static func of<Source>(
        _ kind: LiveKind<Source>, _ name: String, width: Int, rank: Int, sort: TopSort? = nil,
        cell: @escaping @Sendable (TopRow) -> TopCells.Cell
    ) -> TopColumn {
        TopColumn(title: kind[name]?.short ?? name, width: width, rank: rank, isText: kind[name]?.format == .text, sort: sort, cell: cell)
    }
}
