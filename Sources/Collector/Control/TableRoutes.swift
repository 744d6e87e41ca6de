import Hummingbird
import NIOCore
import StatsCore

/// `GET /table`: all live containers as an HTML fragment, for use in one's own page.
struct TableRoutes {
    let live: NewestTicks

    func add(to router: Router<ControlContext>) {
        router.read("table") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: Self.html(live.all))))
        }
    }

    private struct Column {
        let title: String
        /// What the cell says, and how much it should worry.
        let cell: (LiveContainer, borrowing FrameRow) -> (text: String, level: LiveLevel?)

        init(_ title: String, _ cell: @escaping (LiveContainer, borrowing FrameRow) -> (text: String, level: LiveLevel?)) {
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

    /// A row for each container, by name.
    static func html(_ nodes: [String: NewestTicks.Node]) -> String {
        let columns: [Column] =
            [Column("ID") { container, _ in (String(container.id.prefix(12)), nil) }]
            + ["name", "node", "cpu_percent", "memory_usage_bytes", "memory_limit_bytes", "memory_percent"].map { .field($0) }
            + [.kB("Net in (kB)", "rx_bytes"), .kB("Net out (kB)", "tx_bytes"), .field("pids")]
        var rows: [(name: String, id: String, html: String)] = []
        for (node, state) in nodes {
            let cores = state.rows.count(of: .cpu)
            let reader = LiveContainerReader(state.rows, node: node, cores: cores > 0 ? Double(cores) : nil)
            reader.forEach { container, row in
                var cells = ""
                for column in columns {
                    let (text, level) = column.cell(container, row)
                    let mark = level == .warm || level == .hot ? " data-level=\"\(level?.rawValue ?? "")\"" : ""
                    cells += "<td\(mark)>\(Markup.escape(text))</td>"
                }
                rows.append((container.name ?? "", container.id, "<tr>\(cells)</tr>\n"))
            }
        }
        let sorted = rows.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map(\.html).joined()
        let head = columns.map { "<th scope=\"col\">\($0.title)</th>" }.joined()
        return "<table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(sorted)</tbody>\n</table>\n"
    }
}
