import Hummingbird
import StatsCore

/// `GET /containers`: the newest values of all containers by id; with `?id=` those of one.
struct ContainerRoutes {
    let live: NewestTicks

    func add(to router: Router<ControlContext>) {
        router.read("containers") { request, _ in
            let all = ContainerView.all(live)
            if let wanted = request.uri.queryParameters["id"] {
                return Response.json(bytes: try ContainerSearch.find(String(wanted), in: all).json)
            }
            var out = ByteWriter()
            out.append(UInt8(ascii: "{"))
            for (index, view) in all.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(jsonString: view.id.utf8.span.bytes)
                out.append(UInt8(ascii: ":"))
                out.append(view.json)
            }
            out.append(UInt8(ascii: "}"))
            return Response.json(bytes: out.withUnsafeBytes { Array($0) })
        }
    }
}
