import Hummingbird
import StatsCore

/// What is done to a run that is over: `DELETE /runs/<dir>`, and `POST /runs/<dir>/pin`, `…/unpin`, `…/compress` and `…/decompress`.
struct RunCareRoutes {
    let data: DataDirectory
    let care: RunCare
    private let compressor = RunCompressor()

    init(data: DataDirectory, care: RunCare) {
        self.data = data
        self.care = care
    }

    func add(to router: Router<ControlContext>) {
        router.delete("runs/**") { request, _ in
            try Response.json(await care.remove(RunPath(request.tail(after: "runs")), because: "asked for"))
        }
        router.post("runs/**") { request, _ in try await act(request) }
    }

    private func act(_ request: Request) async throws -> Response {
        let name = try request.tail(after: "runs")
        guard let slash = name.lastIndex(of: "/") else { throw Self.unknown }
        let run = try RunPath(String(name[..<slash]))
        switch name[name.index(after: slash)...] {
        case "pin": return try Response.json(await care.pin(run, true))
        case "unpin": return try Response.json(await care.pin(run, false))
        case "compress": return try await compress(run, decompresses: false)
        case "decompress": return try await compress(run, decompresses: true)
        default: throw Self.unknown
        }
    }

    private static let unknown = ControlFailure(
        code: "not_found", message: "a run takes POST /runs/NAME/pin, unpin, compress and decompress, and DELETE /runs/NAME")

    private func compress(_ run: RunPath, decompresses: Bool) async throws -> Response {
        try await care.check(run)
        return Response.json(bytes: try await compressor.run("\(data.path)/\(run)", decompresses: decompresses))
    }
}
