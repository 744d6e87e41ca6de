import Hummingbird
import NIOCore
import StatsCore

/// The page at `/` and its files. They hold no data and are served without a token; the values come through other routes.
struct PageRoutes {
    struct File {
        let type: String
        let bytes: ByteBuffer

        fileprivate init(_ type: String, _ bytes: [UInt8]...) {
            self.type = type
            self.bytes = ByteBuffer(bytes: bytes.joined())
        }

        /// Without indentation and lines of comment, which nobody needs who loads it. No text of the page goes over several lines, and no comment stands behind code.
        fileprivate static func script(_ bytes: [UInt8]) -> Self {
            let lines = bytes.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 == UInt8(ascii: " ") } }
            let code = lines.filter { line in !["//", "/**", "* ", "*/"].contains { line.starts(with: $0.utf8) } }
            return Self("text/javascript; charset=utf-8", Array(code.joined(separator: "\n".utf8)))
        }
    }

    /// By path: the files of the directory `Page`, which the compiler has embedded.
    static let files: [String: File] = [
        "/": File("text/html; charset=utf-8", PackageResources.index_html),
        // What each value is called and how it is read; the rest of the page takes it from there.
        "/fields.json": File("application/json", LiveCatalogue.json),
        "/fields.js": .script(PackageResources.fields_js),
        "/favicon.svg": File("image/svg+xml", PackageResources.favicon_svg),
        "/style.css": File("text/css; charset=utf-8", PackageResources.style_css, Array(ChartStyle.css.utf8)),
        "/api.js": .script(PackageResources.api_js),
        "/cells.js": .script(PackageResources.cells_js),
        "/container_detail.js": .script(PackageResources.container_detail_js),
        "/containers.js": .script(PackageResources.containers_js),
        "/detail.js": .script(PackageResources.detail_js),
        "/detail_parts.js": .script(PackageResources.detail_parts_js),
        "/dom.js": .script(PackageResources.dom_js),
        "/events.js": .script(PackageResources.events_js),
        "/format.js": .script(PackageResources.format_js),
        "/hurts.js": .script(PackageResources.hurts_js),
        "/model.js": .script(PackageResources.model_js),
        "/node_detail.js": .script(PackageResources.node_detail_js),
        "/nodes.js": .script(PackageResources.nodes_js),
        "/page.js": .script(PackageResources.page_js),
        "/run.js": .script(PackageResources.run_js),
        "/runs.js": .script(PackageResources.runs_js),
        "/start.js": .script(PackageResources.start_js),
        "/stream.js": .script(PackageResources.stream_js),
        "/summary.js": .script(PackageResources.summary_js),
        "/table.js": .script(PackageResources.table_js),
        "/troubles.js": .script(PackageResources.troubles_js),
        "/view.js": .script(PackageResources.view_js),
    ]

    func add(to router: Router<ControlContext>) {
        for (path, file) in Self.files {
            router.read(RouterPath(path)) { _, _ in
                Response(status: .ok, headers: [.contentType: file.type], body: ResponseBody(byteBuffer: file.bytes))
            }
        }
    }
}
