import Hummingbird
import NIOCore
import StatsCore

/// `GET /table`: all live containers as an HTML fragment, for use in one's own page.
struct TableRoutes {
    let live: NewestTicks

    let answers: AnswerPlaces

    func add(to router: Router<ControlContext>) {
        router.read("table") { _, context in
            let place = try answers.enter(context.channel)
            return Response(status: .ok, headers: [.contentType: "text/html; charset=utf-8"], body: body(place))
        }
    }

    /// Keeps the rows of one node at a time.
    private func body(_ place: AnswerPlaces.Place) -> ResponseBody {
        ResponseBody { [live] writer in
            var pieces = AnswerPieces()
            pieces.out.append("<table>\n")
            let leftOut = live.leftOut(of: .container)
            if leftOut > 0 {
                let verb = leftOut == 1 ? "isn’t" : "aren’t"
                pieces.out.append("<caption>\(HumanUnits.count(leftOut, "container")) \(verb) shown</caption>\n".utf8.span.bytes)
            }
            pieces.out.append(LiveTable.head.utf8.span.bytes)
            for node in live.names {
                guard let state = live[node] else { continue }
                let table = LiveTable(state, node: node)
                for view in table.views {
                    pieces.out.append(table.html(view).utf8.span.bytes)
                    try await pieces.flush(&writer)
                }
            }
            pieces.out.append("</tbody>\n</table>\n")
            try await pieces.finish(&writer)
            withExtendedLifetime(place) {}
        }
    }
}

/// The rows of one node in `GET /table`, by name.
struct LiveTable {
    private let rows: FrameRows
    private let reader: LiveContainerReader
    let views: [ContainerView]

    init(_ state: LiveNode, node: String) {
        rows = state.rows
        let cores = rows.count(of: .cpu)
        reader = LiveContainerReader(rows, node: node, cores: cores > 0 ? Double(cores) : nil)
        views = ContainerView.views(of: rows, node: node).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    static let head = "<thead><tr>" + columns.map { "<th scope=\"col\">\($0.title)</th>" }.joined() + "</tr></thead>\n<tbody>\n"

    func html(_ view: ContainerView) -> String {
        var cells = ""
        view.withRow(rows) { row in
            guard let container = reader.container(row) else { return }
            for column in Self.columns {
                let (text, level) = column.cell(container, row)
                let mark = level == .warm || level == .hot ? " data-level=\"\(level?.rawValue ?? "")\"" : ""
                cells += "<td\(mark)>\(Markup.escape(text))</td>"
            }
        }
        return "<tr>\(cells)</tr>\n"
    }

    private static let columns: [Column] =
        [Column("ID") { container, _ in (String(container.id.prefix(12)), nil) }]
        + ["name", "node", "cpu_percent", "memory_usage_bytes", "memory_limit_bytes", "memory_percent"].map { .field($0) }
        + [.kB("Net in (kB)", "rx_bytes"), .kB("Net out (kB)", "tx_bytes"), .field("pids")]

    private struct Column: Sendable {
        let title: String
        /// What the cell says, and how much it should worry.
        let cell: @Sendable (LiveContainer, borrowing FrameRow) -> (text: String, level: LiveLevel?)

        init(_ title: String, _ cell: @escaping @Sendable (LiveContainer, borrowing FrameRow) -> (text: String, level: LiveLevel?)) {
            (self.title, self.cell) = (title, cell)
        }

        /// A live field, under its title and in its format.
        static func field(_ name: String) -> Column {
            let kind = LiveKind<RowSource>.container
            return Column(kind[name]?.title ?? name) { container, _ in
                (text(container[name], kind[name]?.format), kind.place(name).flatMap { container.object.levels[$0] })
            }
        }

        /// An absent value is an empty cell, never 0.
        private static func text(_ value: LiveValue, _ format: LiveFormat?) -> String {
            switch (value, format) {
            case (.number(let bytes), .bytes?): ChartUnit.bytes.text(bytes)
            case (.number(let number), _): hundredths(number)
            default: value.text ?? ""
            }
        }

        /// A counter of bytes since the container's start, in units of 1024.
        static func kB(_ title: String, _ counter: String) -> Column {
            Column(title) { (hundredths($1.number(counter).map { $0 / 1024 }), nil) }
        }

        static func hundredths(_ value: Double?) -> String {
            guard let value else { return "" }
            var out = ByteWriter(capacity: 64)
            out.append(decimal: (value * 100).rounded() / 100)
            return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
    }
}
