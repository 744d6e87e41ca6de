import Hummingbird
import NIOCore
import StatsCore

/// `GET /table`: all live containers as an HTML fragment, to be put into a page of one's own.
struct TableRoutes {
    let live: LiveStore

    func add(to router: Router<BasicRequestContext>) {
        router.read("table") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: Self.html(live.all))))
        }
    }

    private static let head = ["ID", "Name", "Node", "CPU %", "Memory", "Limit", "Memory %", "Net in (kB)", "Net out (kB)", "PIDs"]

    /// A row for each container, by name.
    static func html(_ nodes: [String: LiveStore.Node]) -> String {
        var rows: [(name: String, id: String, html: String)] = []
        for (node, state) in nodes {
            state.rows.forEachRow(of: .container) { row in
                guard let id = row.text("container_id") else { return }
                let name = row.text("container") ?? ""
                let cells = [
                    String(id.prefix(12)), name, node, number(row.number("cpu_percent")), bytes(row.number("memory_usage_bytes")),
                    bytes(row.number("memory_limit_bytes")), number(row.number("memory_percent")),
                    number(row.number("rx_bytes").map { $0 / 1024 }), number(row.number("tx_bytes").map { $0 / 1024 }),
                    number(row.number("pids")),
                ]
                rows.append((name, id, "<tr>\(cells.map { "<td>\(Markup.escape($0))</td>" }.joined())</tr>\n"))
            }
        }
        let sorted = rows.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map(\.html).joined()
        let head = head.map { "<th scope=\"col\">\($0)</th>" }.joined()
        return "<table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(sorted)</tbody>\n</table>\n"
    }

    /// An absent value is an empty cell, never 0.
    private static func number(_ value: Double?) -> String {
        guard let value else { return "" }
        var out = ByteWriter(capacity: 64)
        out.append(decimal: (value * 100).rounded() / 100)
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static func bytes(_ value: Double?) -> String { value.map(ChartUnit.bytes.text) ?? "" }
}
