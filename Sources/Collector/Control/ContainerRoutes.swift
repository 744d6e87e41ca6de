import HTTPTypes
import Hummingbird
import StatsCore

/// `GET /containers`: the newest values of all containers by id; with `?id=` those of one.
struct ContainerRoutes {
    let live: NewestTicks
    let answers: AnswerPlaces

    func add(to router: Router<ControlContext>) {
        router.read("containers") { request, context in
            if let wanted = request.uri.queryParameters["id"] { return Response.json(bytes: try one(String(wanted))) }
            let place = try answers.enter(context.channel)
            var headers: HTTPFields = [.contentType: "application/json"]
            let leftOut = live.leftOut(of: .container)
            if leftOut > 0 { headers[.leftOut] = String(leftOut) }
            return Response(status: .ok, headers: headers, body: all(place))
        }
    }

    private func one(_ wanted: String) throws(ControlFailure) -> [UInt8] {
        let nodes = live.all
        let found = try ContainerSearch.find(wanted, in: ContainerView.all(nodes))
        var out = ByteWriter()
        if let rows = nodes[found.node]?.rows { found.write(rows, to: &out) }
        return out.withUnsafeBytes { Array($0) }
    }

    /// Keeps the rows of one node at a time.
    private func all(_ place: AnswerPlaces.Place) -> ResponseBody {
        ResponseBody { [live] writer in
            var pieces = AnswerPieces()
            pieces.out.append("{")
            var isFirst = true
            for node in live.names {
                guard let rows = live[node]?.rows else { continue }
                for view in ContainerView.views(of: rows, node: node) {
                    if !isFirst { pieces.out.append(",") }
                    isFirst = false
                    pieces.out.append(jsonString: view.id.utf8.span.bytes)
                    pieces.out.append(UInt8(ascii: ":"))
                    view.write(rows, to: &pieces.out)
                    try await pieces.flush(&writer)
                }
            }
            pieces.out.append("}\n")
            try await pieces.finish(&writer)
            withExtendedLifetime(place) {}
        }
    }
}
