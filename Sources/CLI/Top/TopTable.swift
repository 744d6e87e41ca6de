import StatsCore

/// One column of a table of live values.
struct TopColumn: Sendable {
    let title: String
    /// Columns of the terminal that it takes at least.
    let width: Int
    /// Where there isn't room for all, those with the highest go first.
    let rank: Int
    /// Texts are aligned to the left and may grow; numbers are aligned to the right.
    var isText = false
    var sort: TopSort?
    let cell: @Sendable (TopRow) -> (text: String, style: ScreenStyle)
}

/// Columns that fit into a width, and the lines that they make of rows.
struct TopTable {
    private let columns: [(column: TopColumn, width: Int)]

    /// A name longer than this is cut, as another column's worth is more.
    private static let widestText = 64

    /// - Parameter width: `nil` takes all columns, each as wide as its widest text.
    init(_ all: [TopColumn], rows: some Collection<TopRow>, width: Int?) {
        var chosen: [Int] = []
        var left = width.map { $0 + 1 } ?? .max
        for index in all.indices.sorted(by: { (all[$0].rank, $0) < (all[$1].rank, $1) }) {
            guard chosen.isEmpty || all[index].width < left else { break }
            left -= all[index].width + 1
            chosen.append(index)
        }
        columns = chosen.sorted().map { index in
            let column = all[index]
            guard column.isText else { return (column, column.width) }
            guard let width else { return (column, max(column.width, Self.widest(column, rows, most: .max))) }
            if left < 0 { return (column, min(column.width, max(width, 1))) }
            let most = min(Self.widestText, column.width + left)
            let grown = max(column.width, Self.widest(column, rows, most: most))
            left -= grown - column.width
            return (column, grown)
        }
    }

    /// What the texts need, up to `most`.
    private static func widest(_ column: TopColumn, _ rows: some Collection<TopRow>, most: Int) -> Int {
        rows.reduce(column.title.count + 1) { widest, row in
            let text = column.cell(row).text
            // No character is wider than its bytes are many: most rows need no closer look.
            return widest >= most || text.utf8.count <= widest
                ? widest : min(most, max(widest, TerminalText.width(VisibleText.escape(text))))
        }
    }

    /// The names of the columns; `sort` is the one that the rows are sorted by.
    func header(_ sort: TopSort? = nil, isReversed: Bool = false) -> ScreenLine {
        var line = ScreenLine()
        for (index, (column, width)) in columns.enumerated() {
            if index > 0 { line.append(" ", .title) }
            let isSorted = sort != nil && column.sort == sort
            let title = isSorted ? column.title + (isReversed ? "▲" : "▼") : column.title
            line.append(cell: title, columns: width, isLeft: column.isText, isSorted ? .sortedTitle : .title)
        }
        return line
    }

    func line(_ row: TopRow) -> ScreenLine {
        var line = ScreenLine()
        for (index, (column, width)) in columns.enumerated() {
            if index > 0 { line.append(" ") }
            let cell = column.cell(row)
            line.append(cell: cell.text, columns: width, isLeft: column.isText, cell.style)
        }
        return line
    }
}
