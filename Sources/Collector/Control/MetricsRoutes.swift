import Hummingbird
import NIOCore
import StatsCore

/// `GET /metrics`: all live values in Prometheus' text format.
struct MetricsRoutes {
    let status: StatusRoutes
    let live: NewestTicks
    let answers: AnswerPlaces
    /// Whether processes are shown: there may be very many of them, and they change often.
    let showsProcesses: Bool

    func add(to router: Router<ControlContext>) {
        router.read("metrics") { _, context in
            let place = try answers.enter(context.channel)
            let exposition = await exposition()
            // Written in pieces: two thousand containers are twenty megabytes, and the client may read slowly.
            let body = ResponseBody { writer in
                var piece = 0
                while piece < exposition.pieces {
                    if let text = Self.text(of: exposition, from: &piece) { try await writer.write(text) }
                }
                try await writer.finish(nil)
                withExtendedLifetime(place) {}
            }
            return Response(status: .ok, headers: [.contentType: Exposition.contentType], body: body)
        }
    }

    /// The next families: as many as fit into 64 KiB, or a single larger one. `nil` when no further family has a sample.
    private static func text(of exposition: Exposition, from piece: inout Int) -> ByteBuffer? {
        var out = ByteWriter(capacity: 128 * 1024)
        while piece < exposition.pieces, out.count < 64 * 1024 {
            exposition.write(piece: piece, to: &out)
            piece += 1
        }
        return out.isEmpty ? nil : out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    private func exposition() async -> Exposition {
        let report = await status.report()
        let kernels = Dictionary(report.nodes.map { ($0.node, $0.kernel) }) { first, _ in first }
        let nodes = live.all.sorted { $0.key < $1.key }.map {
            Exposition.Node(name: $0.key, kernel: kernels[$0.key] ?? nil, rows: $0.value.rows)
        }
        return Exposition(nodes, withProcesses: showsProcesses) { own in
            own.append(report)
        }
    }
}
