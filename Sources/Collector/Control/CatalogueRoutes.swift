import Hummingbird
import NIOPosix
import StatsCore

/// `GET /runs`, `GET /runs/<dir>` and `GET /runs/<dir>/<file>`.
struct CatalogueRoutes {
    let recorder: Recorder
    let data: DataDirectory

    func add(to router: Router<BasicRequestContext>) {
        router.read("runs") { _, _ in
            try Response.json(await NIOThreadPool.singleton.runIfActive { [data] in try RunCatalogue.list(data) })
        }
        router.read("runs/**") { request, _ in
            let name = try request.tail(after: "runs")
            if let slash = name.lastIndex(of: "/"), RunFiles.published.contains(String(name[name.index(after: slash)...])) {
                let file = String(name[name.index(after: slash)...])
                var response = try await download(file, of: RunPath(String(name[..<slash])))
                response.headers[.contentDisposition] = "attachment; filename=\"\(file)\""
                return response
            }
            return try await download(RunFiles.manifest, of: RunPath(name))
        }
    }

    /// Sends a file; of the run in progress as much as is durable, so that no line is cut.
    private func download(_ name: String, of run: RunPath) async throws -> Response {
        let limit = await recorder.durableLength(of: name, in: run)
        let file: FileReading
        do {
            file = try FileReading(data.open(run).file(name), limit: limit)
        } catch let error as DiskError where error.isAbsent || error.isInTheWay {
            throw ControlFailure(code: "not_found", message: "there is no \(name) of a run `\(run)`")
        }
        let body = ResponseBody(contentLength: Int(file.length)) { writer in
            try await file.forEachPiece { try await writer.write($0) }
            try await writer.finish(nil)
        }
        let type = name.hasSuffix(".json") ? "application/json" : "text/csv; charset=utf-8; header=present"
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }
}
