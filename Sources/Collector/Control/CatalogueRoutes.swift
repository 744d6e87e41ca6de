import Hummingbird
import NIOCore
import NIOPosix
import StatsCore

/// `GET /runs`, `GET /runs/<dir>`, `GET /runs/<dir>/<file>`, `GET /runs/<dir>/report.html` and `GET /runs/<dir>/summary`.
struct CatalogueRoutes {
    let recorder: Recorder
    let data: DataDirectory
    let answers: AnswerPlaces
    /// Places of their own, as a report may be very large.
    let reportAnswers: AnswerPlaces
    var reports = RunReports()
    var summaries = RunSummaries()

    func add(to router: Router<ControlContext>) {
        router.read("runs") { request, context in
            let runs = try await NIOThreadPool.singleton.runIfActive { [data] in try RunCatalogue.entries(data) }
            if request.uri.queryParameters["nodes"] == "count" { return try answers.json(runs.map(\.listing), to: context.channel) }
            // Most answers are small, and need no place.
            let isLarge = runs.reduce(0) { $0 + $1.listing.nodeCount } > Self.fewNodes
            let place = isLarge ? try answers.enter(context.channel) : nil
            return Response(status: .ok, headers: [.contentType: "application/json"], body: manifests(runs, place))
        }
        router.read("runs/**", besides: [.post, .delete]) { request, context in
            let name = try request.tail(after: "runs")
            if name.hasSuffix(Self.report) {
                return try await report(RunPath(String(name.dropLast(Self.report.count))), request, context.channel)
            }
            if name.hasSuffix(Self.summary), !isRun(name) {
                return try await summary(RunPath(String(name.dropLast(Self.summary.count))), request, context.channel)
            }
            if let slash = name.lastIndex(of: "/"), RunFiles.isPublished(String(name[name.index(after: slash)...])) {
                let file = String(name[name.index(after: slash)...])
                var response = try await download(file, of: RunPath(String(name[..<slash])), for: request)
                response.headers[.contentDisposition] = "attachment; filename=\"\(file)\""
                return response
            }
            return try await download(RunFiles.manifest, of: RunPath(name), for: request)
        }
    }

    private static let report = "/report.html"
    /// Manifests with so many nodes in all have less than 256 KiB.
    private static let fewNodes = 400

    /// Keeps one manifest at a time.
    private func manifests(_ runs: [RunCatalogue.Entry], _ place: AnswerPlaces.Place?) -> ResponseBody {
        ResponseBody { [data] writer in
            var pieces = AnswerPieces()
            pieces.out.append("[")
            var isFirst = true
            for run in runs {
                let json = try await NIOThreadPool.singleton.runIfActive {
                    try RunCatalogue.manifest(of: run, data).map { try JSONCoding.encode($0) }
                }
                guard let json else { continue }
                if !isFirst { pieces.out.append(",") }
                isFirst = false
                pieces.out.append(json)
                try await pieces.flush(&writer)
            }
            pieces.out.append("]\n")
            try await pieces.finish(&writer)
            withExtendedLifetime(place) {}
        }
    }

    private func report(_ run: RunPath, _ request: Request, _ channel: any Channel) async throws -> Response {
        do {
            guard try data.open(run).holds(RunFiles.manifest) else {
                throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
            }
        } catch is DiskError {
            throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
        }
        // HEAD needs no report to be drawn.
        if request.method == .head { return Response(status: .ok, headers: [.contentType: "text/html; charset=utf-8"]) }
        let place = try reportAnswers.enter(channel)
        let html = try await reports.report("\(data.path)/\(run)")
        let name = run.components.joined(separator: "-").filter { $0.isASCII && $0 != "\"" && $0 != "\\" }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentDisposition: "attachment; filename=\"\(name)-report.html\"",
            ], body: ResponseBody(pieces: html, place))
    }

    private static func absent(_ what: String, _ run: RunPath) -> ControlFailure {
        ControlFailure(code: "not_found", message: "there is no \(what) of a run `\(run)`")
    }

    /// Sends a file. Of the run in progress it sends only the durable part, so that no line is cut.
    ///
    /// A file that is compressed is sent under its plain name to who understands `Content-Encoding: gzip`, as browsers do.
    private func download(_ name: String, of run: RunPath, for request: Request) async throws -> Response {
        let limit = await recorder.durableLength(of: name, in: run)
        let file: FileReading
        var isEncoded = false
        do {
            let directory = try data.open(run)
            let compressed = RunFiles.compressed(name)
            if !directory.holds(name), directory.holds(compressed) {
                guard request.takesGzip else {
                    throw ControlFailure(code: "not_found", message: "\(name) of `\(run)` is compressed: ask for \(compressed)")
                }
                isEncoded = true
            }
            let opened = try directory.file(isEncoded ? compressed : name)
            guard try opened.isOwn(to: directory) else { throw Self.absent(name, run) }
            file = try FileReading(opened, limit: limit)
        } catch let error as DiskError where error.isAbsent || error.isInTheWay || error.isNoFile {
            throw Self.absent(name, run)
        }
        let body = ResponseBody(contentLength: Int(file.length)) { writer in
            try await file.forEachPiece { try await writer.write($0) }
            try await writer.finish(nil)
        }
        var response = Response(status: .ok, headers: [.contentType: Self.type(of: name)], body: body)
        if isEncoded { response.headers[.contentEncoding] = "gzip" }
        return response
    }

    private static func type(of name: String) -> String {
        if name.hasSuffix(".json") { return "application/json" }
        return name.hasSuffix(".gz") ? "application/gzip" : "text/csv; charset=utf-8; header=present"
    }
}

extension Request {
    /// Whether its client undoes gzip by itself.
    fileprivate var takesGzip: Bool {
        (headers[.acceptEncoding] ?? "").lowercased().split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " } }
            return parts.first == "gzip" && !parts.dropFirst().contains { $0.hasPrefix("q=0") && !$0.contains { ("1"..."9").contains($0) } }
        }
    }
}
